//! `--resume`: what has its outcome is not run again.

use serde_json::json;
use transferhost_tests::http::{self, Response};

use super::site::{self, Site, ended_with, find};

#[test]
fn what_is_done_is_left_out() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let job = |id: &str, tenant: &str| json!({"id": id, "tenant": tenant, "url": origin.url("/")}).to_string();
    let broken = "{\"id\":\"broken\",\"ulr\":1}".to_owned();
    let lines = [job("a", "one"), job("a", "two"), broken, job("b", "one")].join("\n");
    site.write("jobs.jsonl", &lines);
    let run = |resume: &[&str]| site.batch().args(resume).arg("jobs.jsonl").end();
    let first = run(&["--outcome", "done.jsonl"]);
    assert_eq!(first.code(), Some(0), "{}", first.stderr);
    assert_eq!(
        (site::of(&site.read("done.jsonl")).len(), origin.requests().len()),
        (4, 3)
    );
    // The end of the last one is lost, whichever that was.
    let done = site.read("done.jsonl");
    let (kept, lost) = done.trim_end().rsplit_once('\n').unwrap();
    let lost: serde_json::Value = serde_json::from_str(lost).unwrap();
    site.write("done.jsonl", &done[..done.len() - 10]);
    let again = run(&["--outcome", "done.jsonl", "--resume", "done.jsonl"]);
    assert_eq!(again.code(), Some(0), "{}", again.stderr);
    assert!(
        again
            .stderr
            .contains("done.jsonl: line 4 was not written to its end: its job is run again"),
        "{}",
        again.stderr
    );
    let done = site.read("done.jsonl");
    let new = done.strip_prefix(kept).expect("what was whole stays");
    let new = site::of(new.trim_start());
    // What was no job is tried again, since it may have been mended.
    find(&new, "broken");
    assert!(
        new.iter()
            .any(|it| (&it["id"], &it["tenant"]) == (&lost["id"], &lost["tenant"])),
        "{new:?}"
    );
    assert_eq!(new.len(), if lost["id"] == "broken" { 1 } else { 2 });
    // Elsewhere, there is only what was left.
    let rest = run(&["--resume", "done.jsonl"]);
    assert_eq!(site::of(&rest.text()).len(), 1, "{}", rest.text());
    assert_eq!(site.read("done.jsonl"), done);
}

#[test]
fn a_file_that_holds_no_outcomes_is_refused() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    site.write("jobs.jsonl", "");
    site.write("done.jsonl", "{\"code\":0}\n");
    let ended = site
        .batch()
        .args(["--outcome", "done.jsonl", "--resume", "done.jsonl", "jobs.jsonl"])
        .end();
    ended_with(&ended, 2, "--resume: done.jsonl: line 1 is no outcome");
    // And stays as it was.
    assert_eq!(site.read("done.jsonl"), "{\"code\":0}\n");
}

/// An id that is a line's number is another than that number, or that text, of an author's.
#[test]
fn two_ids_that_differ_stay_two() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let url = origin.url("/");
    for [first, second] in [
        ["", "\"id\":1,"],
        ["", "\"id\":\"1\","],
        ["", "\"id\":\"{\\\"line\\\":1}\","],
        ["\"id\":2,", ""],
        ["\"id\":1,", "\"id\":\"1\","],
        ["\"id\":\"1\",", "\"id\":\"1.0\","],
        ["\"id\":\"\\u00e9\",", "\"id\":\"e\\u0301\","],
        ["\"id\":\"a\",", "\"id\":\"a\\u0000\","],
        ["\"id\":0,", "\"id\":18446744073709551615,"],
        ["\"id\":-1,", "\"id\":1,"],
        ["\"id\":1,\"tenant\":\"a\",", "\"id\":1,\"tenant\":\"a1\","],
        ["\"id\":null,", "\"id\":\"\","],
    ] {
        let site = Site::new(&origin, "");
        let line = |fields: &str| format!("{{{fields}\"url\":\"{url}\"}}\n");
        let run = |resume: &[&str]| {
            let ended = site
                .batch()
                .args(["--outcome", "done.jsonl"])
                .args(resume)
                .arg("jobs.jsonl")
                .end();
            assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
            site::of(&site.read("done.jsonl")).len()
        };
        site.write("jobs.jsonl", line(first));
        assert_eq!(run(&[]), 1);
        site.write("jobs.jsonl", line(first) + &line(second));
        assert_eq!(run(&["--resume", "done.jsonl"]), 2, "{first} {second}");
        // And what is done stays done.
        assert_eq!(run(&["--resume", "done.jsonl"]), 2, "{first} {second}");
    }
}
