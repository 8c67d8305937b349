//! `progress`, and `xferinfo` which has replaced it: exporting one is enough, and of both one is called.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::event::Event;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;

#[path = "kit/puppet.rs"]
mod puppet;

use puppet::Puppet;

const BOTH: [&str; 2] = ["progress", "xferinfo"];
const GO_ON: &str = "call $ok";
/// What stdin has, for whoever reads it.
const UPLOAD: usize = 200_000;

fn run(puppet: &Puppet, ours: &[&str], curls: &[&str]) -> (Ended, Value) {
    let ended = Transferhost::run()
        .input(vec![b'u'; UPLOAD])
        .args(ours)
        .args(["--outcome", "-", "--trace-calls"])
        .arg(puppet.path())
        .arg("-sS")
        .args(curls)
        .end();
    let told = outcome::of(&ended);
    (ended, told)
}

/// The four numbers of each call: to download, downloaded, to upload, uploaded.
fn amounts(ended: &Ended, callback: &str) -> Vec<[u64; 4]> {
    let start = format!("{callback}(");
    let calls = ended.stderr.lines().filter_map(|line| line.strip_prefix(&start));
    calls
        .map(|line| {
            let inside = line.split_once(')').unwrap().0;
            let numbers: Vec<u64> = inside.split(", ").map(|it| it.parse().unwrap()).collect();
            numbers.try_into().unwrap()
        })
        .collect()
}

#[test]
fn a_download_has_a_total_and_no_upload() {
    let origin = http::serve(|request| match request.path() {
        "/chunked" => Response::ok(vec![b'x'; 300_000]).chunked(1000),
        _ => Response::ok(vec![b'x'; 300_000]),
    })
    .unwrap();
    for callback in BOTH {
        let puppet = Puppet::new(&[(callback, GO_ON)]);
        for (path, total) in [("/", 300_000), ("/chunked", 0)] {
            let (ended, _) = run(&puppet, &[], &[&origin.url(path)]);
            assert_eq!(
                (ended.code(), ended.stdout.len()),
                (Some(0), 300_000),
                "{}",
                ended.stderr
            );
            let told = amounts(&ended, callback);
            assert_eq!(
                told.last(),
                Some(&[total, 300_000, 0, 0]),
                "{callback} {path}: {told:?}"
            );
            assert!(told.iter().all(|it| it[2..] == [0, 0]), "{callback} {path}: {told:?}");
            assert!(told.is_sorted_by(|a, b| a[1] <= b[1]), "{callback} {path}: {told:?}");
        }
    }
}

#[test]
fn an_upload_has_a_total_and_no_download() {
    let origin = http::serve(|_| Response::status(204)).unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, vec![b'u'; UPLOAD]).unwrap();
    let (file, url) = (&*file.to_string_lossy(), &*origin.url("/x"));
    for callback in BOTH {
        let puppet = Puppet::new(&[(callback, GO_ON)]);
        for (curls, total) in [(["-T", file, url], UPLOAD as u64), (["-T", "-", url], 0)] {
            let (ended, _) = run(&puppet, &[], &curls);
            assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
            let told = amounts(&ended, callback);
            let last = told.last().unwrap();
            assert_eq!(
                (last[0], last[1], last[2]),
                (0, 0, total),
                "{callback} {curls:?}: {told:?}"
            );
            // What frames the chunks is on the wire as well.
            assert!((200_000..201_000).contains(&last[3]), "{callback} {curls:?}: {told:?}");
            assert!(
                told.iter().all(|it| it[..2] == [0, 0]),
                "{callback} {curls:?}: {told:?}"
            );
        }
    }
}

/// What the trace shows has come to the guest as numbers of its own kind: it says so with an abort.
#[test]
fn the_guest_gets_the_numbers_as_they_are() {
    let origin = http::serve(|request| Response::ok(vec![b'x'; 1000 + request.body.len()])).unwrap();
    let is = |kind: &str, numbers: [u64; 4]| {
        let names = ["$dltotal", "$dlnow", "$ultotal", "$ulnow"];
        let equal = names.iter().zip(numbers).map(|(name, number)| {
            let number = if kind == "f64" {
                format!("{number}.0")
            } else {
                number.to_string()
            };
            format!("({kind}.eq (local.get {name}) ({kind}.const {number}))")
        });
        let all = equal.reduce(|all, next| format!("(i32.and {all} {next})")).unwrap();
        format!("(if {all} (then (return (call $no)))) call $ok")
    };
    for (callback, kind) in [("progress", "f64"), ("xferinfo", "i64")] {
        for (numbers, data) in [([1000, 1000, 0, 0], None), ([1003, 1003, 3, 3], Some("abc"))] {
            let puppet = Puppet::new(&[(callback, &is(kind, numbers))]);
            let data = data.map(|data| ["-d", data]);
            let url = origin.url("/");
            let curls: Vec<&str> = data.iter().flatten().copied().chain([&*url]).collect();
            let (ended, told) = run(&puppet, &[], &curls);
            assert_eq!(
                outcome::end(&told),
                (42, Some("guest-abort")),
                "{callback}: {}",
                ended.stderr
            );
            assert_eq!(told["abort"]["callback"], callback);
            assert_eq!(
                amounts(&ended, callback).last(),
                Some(&numbers),
                "{callback}: {}",
                ended.stderr
            );
        }
    }
}

#[test]
fn it_is_called_while_nothing_moves() {
    let silent = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.wait(&Event::new())
    })
    .unwrap();
    for callback in BOTH {
        // Once more than libcurl calls it before it waits, whatever its version.
        let puppet = Puppet::new(&[(
            callback,
            "(if (i32.gt_u (call $next) (i32.const 6)) (then (return (call $no)))) call $ok",
        )]);
        let (ended, told) = run(&puppet, &[], &[&silent.url("/")]);
        assert_eq!(outcome::end(&told), (42, Some("guest-abort")), "{}", ended.stderr);
        assert_eq!(told["abort"]["callback"], callback);
    }
}

#[test]
fn of_both_xferinfo_is_called() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let puppet = Puppet::new(&[("progress", "call $no"), ("xferinfo", GO_ON)]);
    let url = origin.url("/");
    let (ended, told) = run(&puppet, &[], &[&url]);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );
    assert_eq!(outcome::calls(&told, "progress"), 0);
    assert!(outcome::calls(&told, "xferinfo") > 0);
    // Left to libcurl, the other takes its place.
    let (ended, told) = run(&puppet, &["--without", "xferinfo"], &[&url]);
    assert_eq!(outcome::end(&told), (42, Some("guest-abort")), "{}", ended.stderr);
    assert_eq!(
        (&told["abort"]["callback"], outcome::calls(&told, "xferinfo")),
        (&"progress".into(), 0)
    );
    let (ended, told) = run(&puppet, &["--without", "xferinfo", "--without", "progress"], &[&url]);
    assert_eq!(
        (ended.code(), outcome::calls(&told, "progress")),
        (Some(0), 0),
        "{}",
        ended.stderr
    );
}

#[test]
fn that_of_both_one_is_not_called_is_said() {
    let puppet = Puppet::new(&[("progress", GO_ON), ("xferinfo", GO_ON)]);
    let inspect = |words: &[&str]| {
        let ended = Transferhost::new().arg("inspect").args(words).arg(puppet.path()).end();
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        ended
    };
    let text = inspect(&[]).text();
    let line = |callback: &str| {
        let found = text.lines().find(|line| line.trim_start().starts_with(callback));
        found.unwrap_or_else(|| panic!("{callback} in\n{text}")).to_owned()
    };
    assert_eq!(line("progress"), "  progress (libcurl calls xferinfo in its place)");
    assert_eq!(line("xferinfo"), "  xferinfo");
    let report: Value = serde_json::from_slice(&inspect(&["--json"]).stdout).unwrap();
    let of = |callback: &str| {
        let callbacks = report["callbacks"].as_array().unwrap();
        callbacks.iter().find(|it| it["name"] == callback).unwrap()["replaced_by"].clone()
    };
    assert_eq!((of("progress"), of("xferinfo")), (json!("xferinfo"), Value::Null));
    // At load as well, where somebody reads it.
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let run = |silence: &[&str]| {
        let run = Transferhost::run().arg(puppet.path()).args(silence);
        run.arg(origin.url("/")).end()
    };
    let said = run(&[]).stderr;
    assert!(
        said.contains("exports progress, but libcurl calls xferinfo in its place"),
        "{said}"
    );
    assert_eq!(run(&["-s"]).stderr, "");
}
