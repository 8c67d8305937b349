//! Guards that are one line of the host each, and would be missed by nobody who only fetches well-behaved things.

use std::net::TcpListener;
use std::time::Duration;

use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::running::Ended;
use transferhost_tests::{PATIENCE, outcome};

#[path = "kit/policy_file.rs"]
mod policy_file;
#[path = "kit/written.rs"]
mod written;

use policy_file::PolicyFile;
use written::Written;

impl Written {
    /// Exports `write` alone: a function of this name that does this.
    fn write(name: &str, body: &str) -> Self {
        Self::new(
            include_str!("guards/one-write.wat"),
            &[("@NAME@", name), ("@BODY@", body)],
        )
    }

    /// Exports five callbacks, of which `write` aborts or delivers.
    fn many(aborts: bool) -> Self {
        let answer = if aborts { "64" } else { "0" };
        Self::new(include_str!("guards/many-callbacks.wat"), &[("@ANSWER@", answer)])
    }
}

/// The callbacks that were traced, in their order.
fn traced(ended: &Ended) -> Vec<&str> {
    let calls = ended.stderr.lines().filter(|line| line.contains(") -> "));
    calls
        .filter_map(|line| line.split_once('(')?.0.split_whitespace().last())
        .collect()
}

#[test]
fn nobody_is_called_after_an_abort() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let run = |aborts: bool| {
        Transferhost::run()
            .args(["--trace-calls", "--outcome", "-"])
            .arg(&Written::many(aborts).path)
            .args(["-sS", &origin.url("/")])
            .end()
    };
    // libcurl reports progress once more when a transfer ends, so there is a call that only the latch keeps away.
    let delivered = run(false);
    assert_eq!(
        (delivered.code(), delivered.text().as_str()),
        (Some(0), "body"),
        "{}",
        delivered.stderr
    );
    let calls = traced(&delivered);
    let write = calls.iter().position(|call| *call == "write").unwrap();
    let (before, after) = calls.split_at(write);
    assert!(before.contains(&"header") && after.contains(&"xferinfo"), "{calls:?}");
    assert!(after.ends_with(&["write-end", "done"]), "{calls:?}");

    let aborted = run(true);
    let told = outcome::of(&aborted);
    assert_eq!(outcome::end(&told), (23, Some("guest-abort")), "{}", aborted.stderr);
    assert_eq!(told["abort"]["callback"], "write");
    assert_eq!((aborted.text().as_str(), &told["bytes"]["delivered"]), ("", &0.into()));
    let calls = traced(&aborted);
    assert_eq!(calls.last(), Some(&"write"), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| **call == "write").count(), 1, "{calls:?}");
    for callback in ["write-end", "done"] {
        assert_eq!(outcome::calls(&told, callback), 0, "{callback}");
    }
}

#[test]
fn fuel_adds_up_over_the_calls() {
    const CALL: u64 = 5_000_000;
    const TOTAL: u64 = 6_000_000;
    let origin = http::serve(|_| Response::ok(vec![b'f'; 1_000_000])).unwrap();
    let ended = Transferhost::run()
        .args(["--fuel", &CALL.to_string(), "--fuel-total", &TOTAL.to_string()])
        .args(["--limit", "fuel-per-byte=1", "--outcome", "-"])
        .args(["--set", &format!("sha256={}", "0".repeat(64))])
        .arg(guest("sha256-gate"))
        .args(["-sS", &origin.url("/")])
        .end();
    let told = outcome::of(&ended);
    assert_eq!(outcome::end(&told), (23, Some("out-of-fuel-total")), "{}", ended.stderr);
    assert_eq!(told["abort"]["callback"], "write");
    // No call was anywhere near what one may burn: a chunk takes at most 16 KiB of some 80 each.
    assert!(outcome::calls(&told, "write") > 3, "{told}");
    assert!(told["bytes"]["delivered"].as_u64().unwrap() > 2 * 16_384, "{told}");
    // The base, and one for each byte of the body.
    let received = told["bytes"]["received"].as_u64().unwrap();
    assert_eq!(told["abort"]["limit"], TOTAL + received, "{told}");
}

#[test]
fn a_pause_adds_nothing_to_the_total() {
    let origin = http::serve(|_| Response::ok(vec![b'p'; 1000])).unwrap();
    // Some 100,000 of fuel, then a pause of a millisecond.
    let burns = "(local.set $left (i32.const 20000))
        (loop $again
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $again (local.get $left)))
        i32.const 16";
    let plugin = Written::write("burns", burns);
    let ended = Transferhost::run()
        .args(["--fuel-total", "2000000", "--limit", "fuel-per-byte=1000"])
        // Where each pause added a million, this ended it.
        .args(["--limit", "pause=2s", "--outcome", "-"])
        .arg(&plugin.path)
        .args(["-sS", &origin.url("/")])
        .end();
    let told = outcome::of(&ended);
    assert_eq!(outcome::end(&told), (23, Some("out-of-fuel-total")), "{}", ended.stderr);
    // The chunk counts once, though it came many times.
    assert_eq!(told["abort"]["limit"], 3_000_000, "{told}");
    assert!(outcome::calls(&told, "write") > 10, "{told}");
    assert_eq!(ended.text(), "");
}

#[test]
fn a_tenants_wait_ends_at_once() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let policy = PolicyFile::open(&[origin.address().port()], &["127.0.0.0/8"]);
    let ended = Transferhost::run()
        .args(policy.words())
        .args(["--call-time", "60s", "--outcome", "-"])
        .arg(hostile("sleep-write"))
        .args(["-sS", &origin.url("/")])
        // Where it does wait, the assertion says so.
        .patience(3 * PATIENCE)
        .end();
    let told = outcome::of(&ended);
    assert_eq!(outcome::end(&told), (23, Some("deadline")), "{}", ended.stderr);
    assert!(ended.stderr.contains("wanted to wait"), "{}", ended.stderr);
    assert!(ended.elapsed < Duration::from_secs(20), "{:?}", ended.elapsed);
    assert_eq!(ended.text(), "");
}

#[test]
fn done_changes_no_failure() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let denied = PolicyFile::open(&[origin.address().port()], &[]);
    // Taken and given back: nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for plugin in ["abort-done", "trap-done"] {
        let run = |run: Transferhost, url: &str| {
            let ended = run
                .args(["--outcome", "-"])
                .arg(hostile(plugin))
                .args(["-sS", url])
                .end();
            let told = outcome::of(&ended);
            assert_eq!(ended.code(), Some(7), "{plugin}: {}", ended.stderr);
            // It was asked, and what it said is said nowhere.
            assert_eq!(outcome::calls(&told, "done"), 1, "{plugin}: {told}");
            let message = told["message"].as_str().unwrap();
            assert!(!message.contains("done"), "{plugin}: {message}");
            told
        };
        let told = run(Transferhost::run(), &format!("http://{closed}/"));
        assert_eq!(outcome::end(&told), (7, None), "{plugin}: {told}");
        let told = run(Transferhost::run().args(denied.words()), &origin.url("/"));
        assert_eq!(outcome::end(&told), (7, Some("policy")), "{plugin}: {told}");
        assert_eq!(told["abort"]["callback"], "opensocket", "{plugin}: {told}");
    }
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn a_functions_name_is_cut() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let plain = "a".repeat(90_000);
    // Each of these takes several bytes where it is shown.
    let escaped = format!("\"{}\"", r"\1b".repeat(90_000));
    for name in [plain, escaped] {
        let plugin = Written::write(&name, "unreachable");
        let ended = Transferhost::run()
            .args(["--outcome", "-"])
            .arg(&plugin.path)
            .args(["-sS", &origin.url("/")])
            .end();
        let told = outcome::of(&ended);
        assert_eq!(outcome::end(&told), (23, Some("trap")), "{} bytes", ended.stderr.len());
        let line = ended.stderr.lines().find(|line| line.starts_with("transferhost: (23)"));
        let line = line.expect("the message is a line of its own");
        assert!(line.len() < 2048, "{} bytes of message", line.len());
        assert!(line.contains(" in "), "the name's beginning is told: {line}");
    }
}
