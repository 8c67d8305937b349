//! The outcome has one shape, whatever the end: the keys that `docs/outcome.md` lists, and no others.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile, wat};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::table::Table;
use transferhost_tests::{outcome, root};

/// The first column, without backticks, of the table below this heading.
fn documented(heading: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/outcome.md")).unwrap();
    let section = text.split("\n## ").find(|it| it.starts_with(heading)).unwrap();
    let table = Table::parse(section).unwrap();
    table.rows.iter().map(|row| row[0].replace('`', "")).collect()
}

/// Every key, dots between levels; callbacks are `*`.
fn keys(value: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let key = match prefix {
            "" => key.clone(),
            "guest.calls" => format!("{prefix}.*"),
            _ => format!("{prefix}.{key}"),
        };
        keys(value, &key, found);
        // `bytes` and `seconds` are always objects, and no rows of their own.
        if !matches!(&*key, "bytes" | "seconds" | "guest.calls.*") {
            found.insert(key);
        }
    }
}

/// What must hold of each outcome, whatever its end.
fn check(outcome: &Value, exit_code: i32, end: &str) {
    let mut found = BTreeSet::new();
    keys(outcome, "", &mut found);
    // It has the shape of `guest`.
    found.retain(|key| !key.starts_with("operator."));
    let operator = &outcome["operator"];
    if operator.is_object() {
        let mut found = BTreeSet::new();
        keys(operator, "guest", &mut found);
        let calls = !operator["calls"].as_object().unwrap().is_empty();
        let expected = documented("Keys")
            .into_iter()
            .filter(|key| key.starts_with("guest.") && (calls || !key.starts_with("guest.calls.")));
        assert_eq!(found, expected.collect(), "{end}");
    }
    let absent = |part: &str| {
        outcome
            .pointer(part)
            .is_none_or(|it| it.is_null() || it.as_object().is_some_and(|it| it.is_empty()))
    };
    let (guest, calls, abort) = (absent("/guest"), absent("/guest/calls"), absent("/abort"));
    let expected = documented("Keys").into_iter().filter(|key| {
        !(guest && key.starts_with("guest.")
            || calls && key.starts_with("guest.calls.")
            || abort && key.starts_with("abort."))
    });
    assert_eq!(found, expected.collect(), "{end}");

    assert_eq!(outcome["code"], exit_code, "{end}");
    assert!(outcome["name"].as_str().unwrap().starts_with("CURLE_"), "{end}");
    assert_eq!(outcome["message"] == "", exit_code == 0, "{end}");
    for key in ["delivered", "received", "uploaded"] {
        assert!(outcome["bytes"][key].is_u64(), "{end}: {key}");
    }
    for (key, seconds) in outcome["seconds"].as_object().unwrap() {
        assert!(
            seconds.as_f64().is_some_and(|it| (0.0..60.0).contains(&it)),
            "{end}: {key} {seconds}"
        );
    }
    if !abort {
        let (cause, blame) = (outcome["abort"]["cause"].as_str().unwrap(), &outcome["abort"]["blame"]);
        assert!(documented("Causes").contains(cause), "{end}: {cause}");
        assert!(
            ["guest", "origin", "host", "caller"].iter().any(|it| blame == it),
            "{end}: {blame}"
        );
        assert!(outcome["abort"]["backtrace"].is_array(), "{end}");
    }
    // Nobody's password, wherever it was written.
    assert!(!outcome.to_string().contains("hunter2"), "{end}: {outcome}");
}

fn with_password(origin: &Origin, path: &str) -> String {
    origin.url_as("user:hunter2@127.0.0.1", path)
}

#[test]
fn every_end_has_the_same_keys() {
    let origin = http::serve(|request| match request.path() {
        "/moved" => Response::redirect(302, "/body"),
        "/404" => Response::status(404),
        _ => Response::ok("body"),
    })
    .unwrap();
    let port = origin.address().port();
    let short = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody")
    })
    .unwrap();
    let folder = TempDir::new().unwrap();
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, format!("policy = \"tenant\"\n[network]\nports = [{port}]\n")).unwrap();
    let policy = policy.to_str().unwrap();
    let body = with_password(&origin, "/body");
    let (pass, guard) = (guest("pass"), guest("ssrf-guard"));
    let pass = pass.to_str().unwrap();
    let none = || "--no-plugin".into();
    let wasm = |path: std::path::PathBuf| path.into_os_string();
    for (end, ours, plugin, curl, code, cause) in [
        ("a success without a plugin", &[][..], none(), &[&*body][..], 0, None),
        (
            "a success",
            &[],
            wasm(guest("pass")),
            &["-L", &with_password(&origin, "/moved")],
            0,
            None,
        ),
        (
            "finish",
            &["--set", "bytes=1"],
            wasm(guest("first-bytes")),
            &[&body],
            0,
            None,
        ),
        ("an upload", &[], wasm(guest("pass")), &["-d", "data", &body], 0, None),
        (
            "no guest is asked",
            &["--without", "write"],
            wasm(guest("pass")),
            &[&body],
            0,
            None,
        ),
        (
            "libcurl's failure",
            &[],
            wasm(guest("pass")),
            &[&with_password(&short, "/")],
            18,
            None,
        ),
        (
            "libcurl's failure without a plugin",
            &[],
            none(),
            &["-f", &with_password(&origin, "/404")],
            22,
            None,
        ),
        (
            "a scheme nobody has",
            &[],
            none(),
            &["nonsense://user:hunter2@127.0.0.1/"],
            1,
            None,
        ),
        (
            "an operator's plugin alone",
            &["--operator", pass],
            none(),
            &[&body],
            0,
            None,
        ),
        (
            "an operator's plugin that is not asked",
            &["--operator", guard.to_str().unwrap()],
            wasm(guest("pass")),
            &["nonsense://127.0.0.1/"],
            1,
            None,
        ),
        (
            "an operator's refusal",
            &["--operator", guard.to_str().unwrap()],
            wasm(guest("pass")),
            &[&body],
            7,
            Some("refused"),
        ),
        (
            "a refusal",
            &[],
            wasm(guest("ssrf-guard")),
            &[&body],
            7,
            Some("refused"),
        ),
        (
            "an abort",
            &[],
            wasm(hostile("abort-start")),
            &[&body],
            42,
            Some("guest-abort"),
        ),
        (
            "an abort at the end",
            &[],
            wasm(hostile("abort-done")),
            &[&body],
            42,
            Some("guest-abort"),
        ),
        ("a trap", &[], wasm(hostile("trap-write")), &[&body], 23, Some("trap")),
        (
            "a limit",
            &["--fuel", "100"],
            wasm(guest("pass")),
            &[&body],
            23,
            Some("out-of-fuel"),
        ),
        (
            "the policy's denial",
            &["--policy-file", policy],
            wasm(guest("pass")),
            &[&body],
            7,
            Some("policy"),
        ),
        (
            "the policy's size",
            &["--limit", "body=1"],
            none(),
            &[&body],
            63,
            Some("policy"),
        ),
        (
            "an output that is full",
            &[],
            wasm(guest("pass")),
            &["-o", "/dev/full", &body],
            23,
            Some("sink"),
        ),
    ] {
        let ended = Transferhost::run()
            .args(["--outcome", "-"])
            .args(ours)
            .arg(plugin)
            .args(curl)
            .end();
        assert_eq!(ended.code(), Some(code), "{end}: {}", ended.stderr);
        let outcome = outcome::of(&ended);
        check(&outcome, code, end);
        assert_eq!(outcome["abort"]["cause"].as_str(), cause, "{end}");
    }
}

#[test]
fn a_plugin_that_cannot_be_made_has_an_outcome_too() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    for (name, cause) in [("loop-instantiate", Some("out-of-fuel")), ("misspelt", None)] {
        let ended = Transferhost::run()
            .args(["--limit", "instantiate-time=60s", "--outcome", "-"])
            .arg(wat(name))
            .arg(with_password(&origin, "/"))
            .end();
        assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
        let outcome = outcome::of(&ended);
        check(&outcome, 2, name);
        assert_eq!(outcome["abort"]["cause"].as_str(), cause, "{name}");
        assert_eq!(outcome["abort"]["callback"], Value::Null, "{name}");
    }
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn a_url_that_cannot_be_read_has_an_outcome_too() {
    let ended = Transferhost::run()
        .args(["--outcome", "-", "--no-plugin", "http://"])
        .end();
    assert_eq!(ended.code(), Some(3), "{}", ended.stderr);
    check(&outcome::of(&ended), 3, "a broken URL");
}

#[test]
fn reasons_are_escaped_once() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let run = |name: &str| {
        let ended = Transferhost::run()
            .args(["--outcome", "-"])
            .arg(hostile(name))
            .arg(origin.url("/"))
            .end();
        let outcome = outcome::of(&ended);
        (outcome["abort"]["reason"].as_str().unwrap().to_owned(), ended.stderr)
    };
    let (reason, stderr) = run("terminal-reason");
    assert!(
        reason.starts_with("\\u{1b}]0;owned\\u{7}\\u{1b}[2J\\u{1b}[31mred\\r\\ntransferhost: all is well\\n"),
        "{reason}"
    );
    assert!(reason.ends_with("\\u{202e}txt.exe\\u{2066}"), "{reason}");
    let obeyed =
        |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    assert!(!stderr.contains(obeyed), "{stderr:?}");
    assert_eq!(stderr.lines().count(), 2, "{stderr}");
    let (reason, _) = run("huge-reason");
    assert!(
        reason.len() <= 1024 && reason.starts_with("no no no "),
        "{} bytes",
        reason.len()
    );
}

#[test]
fn what_moved_is_counted() {
    let origin = http::serve(|request| Response::ok(vec![b'x'; 50_000 + request.body.len()]).gzip()).unwrap();
    let folder = TempDir::new().unwrap();
    let (body, json) = (folder.path().join("body"), folder.path().join("outcome"));
    let ended = Transferhost::run()
        .arg("--outcome")
        .arg(&json)
        .arg(guest("pass"))
        .args(["--compressed", "-i", "-d", "123", "-o"])
        .arg(&body)
        .arg(origin.url("/"))
        .end();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    let text = fs::read_to_string(&json).unwrap();
    assert!(text.ends_with("}\n") && text.lines().count() == 1, "{text}");
    let outcome: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(outcome["bytes"]["received"], 50_003);
    assert_eq!(outcome["bytes"]["uploaded"], 3);
    assert_eq!(outcome["bytes"]["delivered"], fs::metadata(&body).unwrap().len());
    let digest = outcome["guest"]["digest"].as_str().unwrap();
    assert!(
        digest.len() == "sha256:".len() + 64 && digest.starts_with("sha256:"),
        "{digest}"
    );
    let calls = outcome["guest"]["calls"].as_object().unwrap();
    assert_eq!(calls.keys().collect::<Vec<_>>(), ["write"]);
    assert!(calls["write"]["count"].as_u64().unwrap() >= 4, "{outcome}");
    assert!(
        outcome["guest"]["fuel"].as_u64() >= calls["write"]["fuel"].as_u64(),
        "{outcome}"
    );
}
