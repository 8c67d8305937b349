//! Where bodies go: beneath their folder, whole or not at all.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use transferhost_tests::command::{Transferhost, binary};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use super::site::{self, Site, end, find};

/// The names in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    let mut names: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_lies_beneath_its_folder() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[batch]\noutput = \"out\"\nbodies = \"out\"");
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    fs::create_dir_all(site.at("out/deep")).unwrap();
    symlink(outside.path(), site.at("out/away")).unwrap();
    symlink(outside.path().join("secret"), site.at("out/link")).unwrap();
    symlink("../policy.toml", site.at("out/up")).unwrap();
    symlink("deep", site.at("out/in")).unwrap();
    let job = |field: &str, path: &str| {
        let mut job = json!({"id": path, "url": origin.url("/")});
        job[field] = path.into();
        job.to_string()
    };
    for (field, what) in [("output", "`output`: "), ("body_file", "`body_file`: ")] {
        let absolute = outside.path().join("secret");
        let paths = [
            "../policy.toml",
            "deep/../../policy.toml",
            absolute.to_str().unwrap(),
            "away/secret",
            "",
            ".",
            "gone/file",
        ];
        let lines: Vec<String> = paths.iter().map(|path| job(field, path)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let accepted = origin.requests().len();
        for outcome in site.outcomes(&lines) {
            let (code, message) = end(&outcome);
            assert!(code == 2 && message.contains(what), "{outcome}");
        }
        // None of it was begun.
        assert_eq!(origin.requests().len(), accepted);
    }
    for path in ["link", "up"] {
        let outcome = site.outcome(&serde_json::from_str(&job("body_file", path)).unwrap());
        assert!(end(&outcome).1.ends_with("leads out of its folder"), "{outcome}");
    }
    // A link in a file's own place is replaced, not followed.
    let lines = ["file", "deep/file", "in/other", "./inline", "link"].map(|path| job("output", path));
    let outcomes = site.outcomes(&lines.each_ref().map(String::as_str));
    assert!(outcomes.iter().all(|outcome| outcome["code"] == 0), "{outcomes:?}");
    for file in ["out/file", "out/deep/file", "out/deep/other", "out/inline", "out/link"] {
        assert_eq!(site.read(file), "hello", "{file}");
    }
    assert_eq!(fs::read_to_string(outside.path().join("secret")).unwrap(), "secret");
    assert_eq!(names(&site.at("out/deep")), ["file", "other"]);
}

#[test]
fn a_transfer_that_fails_leaves_what_was_there() {
    let origin = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ")
    })
    .unwrap();
    let site = Site::new(&origin, "[batch]\noutput = \"out\"");
    fs::create_dir(site.at("out")).unwrap();
    site.write("out/there", "before");
    let lines = ["there", "new"].map(|path| json!({"id": path, "url": origin.url("/"), "output": path}).to_string());
    for outcome in site.outcomes(&lines.each_ref().map(String::as_str)) {
        assert_eq!(
            (&outcome["code"], &outcome["bytes"]["delivered"]),
            (&json!(18), &json!(5)),
            "{outcome}"
        );
    }
    assert_eq!(
        (names(&site.at("out")), site.read("out/there")),
        (vec!["there".to_owned()], "before".to_owned())
    );
}

#[test]
fn a_full_disk_is_the_jobs_alone_whose_file_it_is() {
    let origin = http::serve(|request| match request.path() {
        "/large" => Response::ok(vec![b'x'; 1 << 20]),
        _ => Response::ok("hello"),
    })
    .unwrap();
    // One after the other: what runs meanwhile has the same disk.
    let site = Site::new(&origin, "[quotas]\ntransfers = 1\n[batch]\noutput = \"small\"");
    fs::create_dir(site.at("small")).unwrap();
    let job = |id: &str, path: &str| json!({"id": id, "url": origin.url(path), "output": id}).to_string();
    site.write(
        "jobs.jsonl",
        [job("before", "/"), job("large", "/large"), job("after", "/")].join("\n"),
    );
    // A disk of 64 KiB, in mounts of the batch's own.
    let script = "mount -t tmpfs -o size=64k none small && cd small && cd .. && \"$@\" && ls -A small";
    let unshare = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(binary())
        .args([
            "batch",
            "--policy-file",
            "policy.toml",
            "--outcome",
            "done.jsonl",
            "jobs.jsonl",
        ])
        .current_dir(site.path())
        .env("HOME", site.path())
        .output();
    let Some(ended) = unshare
        .ok()
        .filter(|it| it.status.success() || site.at("done.jsonl").exists())
    else {
        transferhost_tests::skip("no disk can be mounted here (unshare, tmpfs): a full one was not tried");
        return;
    };
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let outcomes = site::of(&site.read("done.jsonl"));
    let (code, message) = end(find(&outcomes, "large"));
    assert!(code == 23 && message.contains("No space left on device"), "{message}");
    for id in ["before", "after"] {
        assert_eq!(find(&outcomes, id)["code"], 0, "{outcomes:?}");
    }
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "after\nbefore\n");
}

#[test]
fn of_two_jobs_with_one_file_each_writes_all_of_its_own() {
    let origin = http::serve(|request| {
        let letter = request.path().as_bytes()[1];
        Response::ok(vec![letter; 200_000])
    })
    .unwrap();
    let site = Site::new(&origin, "[batch]\noutput = \"out\"");
    fs::create_dir(site.at("out")).unwrap();
    let lines =
        ["a", "b"].map(|it| json!({"id": it, "url": origin.url(&format!("/{it}")), "output": "file"}).to_string());
    let outcomes = site.outcomes(&lines.each_ref().map(String::as_str));
    let last = outcomes.last().unwrap()["id"].as_str().unwrap().to_owned();
    let body = site.read("out/file");
    assert!(body.len() == 200_000 && body.bytes().all(|byte| byte == body.as_bytes()[0]));
    assert!(body.starts_with(&last), "{last} ended last");
}

/// Before the origin has acted on anything.
#[test]
fn what_cannot_be_a_file_is_said_before_anything_is_dialled() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[batch]\noutput = \"out\"");
    fs::create_dir_all(site.at("out/deep")).unwrap();
    for (path, what) in [
        ("deep", "is a folder: name a file"),
        ("deep/.", "names no file"),
        ("gone/file", "there is no such folder: make it first"),
        (&"n".repeat(256), "a name of 256 bytes is longer than the 255"),
        (
            &format!("deep/{}", "n".repeat(300)),
            "a name of 300 bytes is longer than the 255",
        ),
    ] {
        let outcome = site.outcome(&json!({"url": origin.url("/"), "method": "POST", "body": "x", "output": path}));
        let (code, message) = end(&outcome);
        assert!(code == 2 && message.contains(what), "{outcome}");
    }
    assert_eq!(origin.requests().len(), 0);
    let longest = "n".repeat(255);
    site.outcome(&json!({"url": origin.url("/"), "output": longest}));
    assert_eq!(site.read(&format!("out/{longest}")), "hello");
}

#[test]
fn no_job_names_a_file_that_is_being_written() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[batch]\noutput = \"out\"");
    fs::create_dir_all(site.at("out/deep")).unwrap();
    for path in [".transferhost-1-0", "deep/.transferhost-new"] {
        let outcome = site.outcome(&json!({"url": origin.url("/"), "output": path}));
        let (code, message) = end(&outcome);
        assert!(
            code == 2 && message.contains("names that begin with .transferhost-"),
            "{outcome}"
        );
        assert!(!site.at(&format!("out/{path}")).exists());
    }
    assert_eq!(origin.requests().len(), 0);
}

/// A file that may grow no more ends its own job, as a full disk does, and not the process.
#[test]
fn a_file_that_may_not_grow_is_its_own_jobs() {
    let origin = http::serve(|request| match request.target() {
        "/large" => Response::ok("x".repeat(3 << 20)),
        _ => Response::ok("hello"),
    })
    .unwrap();
    let site = Site::new(&origin, "[batch]\noutput = \"out\"");
    fs::create_dir(site.at("out")).unwrap();
    let large = json!({"id": "large", "tenant": "a", "url": origin.url("/large"), "output": "large"});
    let small = |id: u32| json!({"id": id, "tenant": "b", "url": origin.url("/"), "output": format!("{id}")});
    let lines: Vec<String> = [large]
        .into_iter()
        .chain((0..5).map(small))
        .map(|it| it.to_string())
        .collect();
    let batch = site.batch_by(Transferhost::after("ulimit -f 1024"));
    let ended = batch.arg("-").input(lines.join("\n")).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let outcomes = site::of(&ended.text());
    assert_eq!(outcomes.len(), lines.len());
    assert_eq!(end(find(&outcomes, "large")).0, 23);
    for id in 0..5 {
        assert_eq!(end(find(&outcomes, id)).0, 0);
    }
    assert_eq!(names(&site.at("out")), ["0", "1", "2", "3", "4"]);
}
