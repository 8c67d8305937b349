//! Ctrl-C and SIGTERM: what runs ends, nothing else begins, and the rest is run later.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde_json::json;
use transferhost_tests::event::Event;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::running::Running;
use transferhost_tests::{PATIENCE, shell};

use super::site::{self, Site, find};
use super::stream::Pipe;

/// An origin whose answer to `/held` waits.
struct Held {
    origin: Origin,
    asked: Event,
    go: Event,
}

fn held() -> Held {
    let (asked, go) = (Event::new(), Event::new());
    let origin = http::serve({
        let (asked, go) = (asked.clone(), go.clone());
        move |request| {
            if request.path() == "/held" {
                asked.fire();
                go.wait(PATIENCE);
            }
            Response::ok("hello")
        }
    })
    .unwrap();
    Held { origin, asked, go }
}

/// A batch whose stderr is read line by line.
struct Told {
    running: Running,
    lines: Box<dyn Iterator<Item = String>>,
}

fn start(folder: &Path, jobs: &str) -> Told {
    let script = format!("cd '{}' && exec \"$@\" 2>&1", folder.display());
    let words = ["batch", "--policy-file", "policy.toml", "--outcome", "done.jsonl", jobs];
    let mut running = shell::start(&script, words);
    let lines = BufReader::new(running.take_stdout().unwrap()).lines();
    Told {
        running,
        lines: Box::new(lines.map_while(Result::ok)),
    }
}

impl Told {
    fn signal(&mut self, name: &str) -> String {
        self.running.signal(name).unwrap();
        self.lines.next().unwrap()
    }
}

const ONE: &str = "[quotas]\ntransfers = 1";

#[test]
fn what_runs_is_finished_and_the_rest_is_run_later() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let Held { origin, asked, go } = held();
        let site = Site::new(&origin, ONE);
        let job = |id: usize, path: &str| json!({"id": id, "url": origin.url(path)}).to_string();
        let mut jobs = vec![job(0, "/held")];
        jobs.extend((1..5).map(|id| job(id, "/")));
        site.write("jobs.jsonl", jobs.join("\n"));
        let mut told = start(site.path(), "jobs.jsonl");
        assert!(asked.wait(PATIENCE));
        assert!(
            told.signal(signal)
                .contains("what runs is finished, nothing else is started")
        );
        go.fire();
        let last = told.lines.next().unwrap();
        assert!(
            last.contains("4 jobs were not started: run it again with --resume"),
            "{last}"
        );
        assert_eq!(told.running.end().code(), Some(code));
        let outcomes = site::of(&site.read("done.jsonl"));
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        assert_eq!(find(&outcomes, 0)["code"], 0);
        assert_eq!(origin.requests().len(), 1);
        let again = site
            .batch()
            .args(["--outcome", "done.jsonl", "--resume", "done.jsonl", "jobs.jsonl"])
            .end();
        assert_eq!((again.code(), again.stderr.as_str()), (Some(0), ""));
        let outcomes = site::of(&site.read("done.jsonl"));
        for id in 0..5 {
            assert_eq!(find(&outcomes, id)["code"], 0);
        }
        assert_eq!(origin.requests().len(), 5);
    }
}

#[test]
fn twice_cancels_what_runs() {
    let Held { origin, asked, go } = held();
    let site = Site::new(&origin, ONE);
    site.write("jobs.jsonl", json!({"id": "a", "url": origin.url("/held")}).to_string());
    let mut told = start(site.path(), "jobs.jsonl");
    assert!(asked.wait(PATIENCE));
    told.signal("INT");
    assert!(told.signal("INT").contains("no job was left out"));
    assert_eq!(told.running.end().code(), Some(130));
    let outcomes = site::of(&site.read("done.jsonl"));
    assert_eq!(find(&outcomes, "a")["abort"]["cause"], "cancelled");
    go.fire();
    // Cancelled is not done.
    let again = site
        .batch()
        .args(["--outcome", "done.jsonl", "--resume", "done.jsonl", "jobs.jsonl"])
        .end();
    assert_eq!(again.code(), Some(0), "{}", again.stderr);
    let outcomes = site::of(&site.read("done.jsonl"));
    assert_eq!((outcomes.len(), &outcomes[1]["code"]), (2, &json!(0)));
}

#[test]
fn while_nobody_writes_a_job() {
    let Held { origin, .. } = held();
    let site = Site::new(&origin, "");
    let pipe = Pipe::new(&site);
    let mut running = site.batch().arg("jobs.fifo").start();
    pipe.write(&format!("{}\n", json!({"url": origin.url("/")})));
    let outcome = super::stream::lines(&mut running).next().unwrap();
    assert_eq!(outcome["code"], 0);
    running.signal("INT").unwrap();
    let ended = running.end();
    assert_eq!(ended.code(), Some(130));
    assert!(
        ended
            .stderr
            .contains("0 jobs were not started and whatever the input still holds"),
        "{}",
        ended.stderr
    );
}
