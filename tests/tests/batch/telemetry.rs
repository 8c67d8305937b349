//! What a batch tells whoever watches.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use transferhost_tests::PATIENCE;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};

use super::site::Site;
use super::stream::{Pipe, lines};

#[test]
fn metrics_are_served_while_it_runs() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    site.plugin("pass.wasm", &guest("pass"));
    let pipe = Pipe::new(&site);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let batch = site.batch().args(["--metrics", &free.to_string(), "jobs.fifo"]);
    let mut running = batch.start();
    pipe.write(&format!("{}\n", json!({"url": origin.url("/"), "plugin": "pass.wasm"})));
    assert_eq!(lines(&mut running).next().unwrap()["code"], 0);
    // The outcome is written before the last of it is told.
    let wanted = [
        "transferhost_transfers_total{tenant=\"default\",code=\"CURLE_OK\",cause=\"\"} 1",
        "transferhost_calls_total{tenant=\"default\",callback=\"write\"} 1",
        "transferhost_transfer_seconds_bucket{tenant=\"default\",le=\"60\"} 1",
        "transferhost_running{tenant=\"default\"} 0",
    ];
    let until = Instant::now() + PATIENCE;
    loop {
        let mut answer = String::new();
        let mut asks = TcpStream::connect(free).unwrap();
        asks.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        asks.read_to_string(&mut answer).unwrap();
        let missing: Vec<_> = wanted.iter().filter(|line| !answer.contains(*line)).collect();
        if missing.is_empty() {
            break;
        }
        assert!(Instant::now() < until, "{missing:?} in {answer}");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(pipe);
    assert_eq!(running.end().code(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_said_before_anything_begins() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let batch = site.batch().args(["--metrics", &address, "-"]);
    let ended = batch.input(json!({"url": origin.url("/")}).to_string()).end();
    super::site::ended_with(&ended, 2, &format!("--metrics {address}"));
    assert_eq!(origin.requests().len(), 0);
}

#[test]
fn each_phase_is_a_line_of_the_trace() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let url = origin.url("/").replace("//", "//user:secret@");
    let ended = site.batch().args(["--trace", "trace.jsonl", "-"]);
    assert_eq!(ended.input(json!({"url": url}).to_string()).end().code(), Some(0));
    let text = site.read("trace.jsonl");
    assert!(!text.contains("secret"), "{text}");
    let spans: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for phase in ["queue", "prepare", "transfer"] {
        let is = |line: &&Value| line["span"]["name"] == "phase" && line["span"]["phase"] == phase;
        assert_eq!(spans.iter().filter(is).count(), 1, "{phase}: {text}");
    }
    let whole = spans.iter().find(|line| line["span"]["name"] == "transfer").unwrap();
    assert_eq!(
        (&whole["span"]["code"], &whole["span"]["tenant"]),
        (&json!("CURLE_OK"), &json!("default"))
    );
}
