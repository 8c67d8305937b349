//! A batch that is killed leaves no half of a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use transferhost_tests::PATIENCE;
use transferhost_tests::event::Event;
use transferhost_tests::origin::Origin;

use super::outputs::names;
use super::site::{self, Site};

const ALL: usize = 50;

/// The files that a process holds open beneath a folder, by what its descriptors lead to.
fn held(process: u32, folder: &Path) -> usize {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return 0;
    };
    let leads = |path: PathBuf| fs::read_link(path).ok();
    let files = descriptors.filter_map(|it| leads(it.ok()?.path()));
    files.filter(|file| file.starts_with(folder) && file != folder).count()
}

#[test]
fn of_what_was_under_way_nothing_is_left() {
    let go = Event::new();
    let origin = {
        let go = go.clone();
        Origin::serve(move |mut connection| {
            connection.expect_request()?;
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhalf ")?;
            connection.wait(&go)?;
            connection.send("whole")
        })
        .unwrap()
    };
    let lavish = "[quotas]\nrequests = 1000\ndestination-requests = 1000\ndestination-connections = 100";
    let site = Site::new(&origin, &format!("{lavish}\n[batch]\noutput = \"out\""));
    fs::create_dir_all(site.at("out/deep")).unwrap();
    let out = site.at("out").canonicalize().unwrap();
    site.write("out/0", "before");
    let path = |n: usize| {
        if n.is_multiple_of(2) {
            format!("{n}")
        } else {
            format!("deep/{n}")
        }
    };
    let jobs: Vec<String> = (0..ALL)
        .map(|n| json!({"id": n, "url": origin.url("/"), "output": path(n)}).to_string())
        .collect();
    site.write("jobs.jsonl", jobs.join("\n"));
    let outcome = ["--outcome", "done.jsonl"];
    let running = site.batch().args(outcome).arg("jobs.jsonl").start();
    let begun = Instant::now();
    // Each has its file, and a folder that it lies in.
    while held(running.id(), &out) < ALL {
        assert!(
            begun.elapsed() < PATIENCE,
            "only {} are written",
            held(running.id(), &out)
        );
        thread::sleep(Duration::from_millis(5));
    }
    running.signal("KILL").unwrap();
    assert_eq!(running.end().code(), None);
    // One that an older batch left where there are no nameless files.
    site.write("out/deep/.transferhost-4194304-1", "half");
    go.fire();
    let again = site
        .batch()
        .args(outcome)
        .args(["--resume", "done.jsonl", "jobs.jsonl"])
        .end();
    assert_eq!(again.code(), Some(0), "{}", again.stderr);
    let outcomes = site::of(&site.read("done.jsonl"));
    assert!(
        outcomes.len() == ALL && outcomes.iter().all(|it| it["code"] == 0),
        "{outcomes:?}"
    );
    for n in 0..ALL {
        assert_eq!(site.read(&format!("out/{}", path(n))), "half whole");
    }
    let left = |folder: &str| {
        names(&site.at(folder))
            .into_iter()
            .filter(|name| name.starts_with('.'))
            .count()
    };
    assert_eq!(
        (left("out"), left("out/deep")),
        (0, 0),
        "{:?}",
        names(&site.at("out/deep"))
    );
}
