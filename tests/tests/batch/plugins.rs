//! Plugins are loaded beside the transfers, each once a tenant.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tempfile::TempDir;
use transferhost_tests::PATIENCE;
use transferhost_tests::guests::{guest, wat};
use transferhost_tests::http::{self, Response};

use super::site::{Site, end, find};

/// The smallest plugin, and beside what it does so many functions that nobody calls.
fn plugin(functions: usize) -> Vec<u8> {
    let mut more = String::new();
    for number in 0..functions {
        let _ = write!(
            more,
            "(func (param i64) (result i64) (local i64) local.get 0 i64.const {number} i64.add local.set 1"
        );
        for step in 0..40 {
            let _ = write!(
                more,
                " local.get 1 local.get 0 i64.mul i64.const {step} i64.xor local.set 1"
            );
        }
        more += " local.get 1)\n";
    }
    let text = include_str!("../guards/one-write.wat")
        .replace("@NAME@", "on-write")
        .replace("@BODY@", "i32.const 0");
    let text = text.replacen("(core module $m", &format!("(core module $m\n{more}"), 1);
    wat::parse_str(text).unwrap()
}

/// What a guest would have at its beginning is held against its limits before a pool is asked for a place.
#[test]
fn a_guest_that_begins_beyond_its_limits() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[limits]\nmemory = \"1MiB\"\ntable-elements = 100");
    let text = include_str!("../guards/one-write.wat")
        .replace("@NAME@", "on-write")
        .replace("@BODY@", "i32.const 0");
    for (more, cause, limit) in [
        ("(memory 17)", "memory", json!(1 << 20)),
        ("(memory 9) (memory 9)", "memory", json!(1 << 20)),
        ("(table 101 funcref)", "table", json!(100)),
        // As many as a pool has no room for, though each is empty.
        (&"(memory 0)".repeat(60), "", json!(null)),
    ] {
        let module = format!("(core module $large {more}) (core instance (instantiate $large)) (core module $m");
        let text = text.replacen("(core module $m", &module, 1);
        site.write("large.wasm", wat::parse_str(text).unwrap());
        let outcome = site.outcome(&json!({"url": origin.url("/"), "plugin": "large.wasm"}));
        assert_eq!(outcome["code"], 2, "{outcome}");
        match cause {
            "" => assert!(end(&outcome).1.contains("fits into the pool"), "{outcome}"),
            _ => assert_eq!(
                (&outcome["abort"]["cause"], &outcome["abort"]["limit"]),
                (&json!(cause), &limit),
                "{outcome}"
            ),
        }
    }
    assert_eq!(origin.requests().len(), 0);
}

/// While one is compiled, jobs of others run: its own outcome is the last, though its line is the first.
#[test]
fn nobody_else_waits_for_one_that_is_compiled() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[limits]\nfuel = 50_000_000");
    let cache = TempDir::new().unwrap();
    site.write("slow.wasm", plugin(4_000));
    let job = |id: &str, tenant: &str| json!({"id": id, "tenant": tenant, "url": origin.url("/")});
    let mut slow = job("slow", "one");
    slow["plugin"] = "slow.wasm".into();
    let lines = [slow, job("same", "one"), job("other", "two")].map(|job| job.to_string());
    let ended = site
        .batch()
        .env("XDG_CACHE_HOME", cache.path())
        // What is slow has what others leave of the processors.
        .patience(6 * PATIENCE)
        .arg("-")
        .input(lines.join("\n"))
        .end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let outcomes = super::site::of(&ended.text());
    assert!(outcomes.iter().all(|it| it["code"] == 0), "{outcomes:?}");
    assert_eq!(outcomes.last().unwrap()["id"], "slow");
}

/// More plugins than a tenant may have at a time: the oldest goes when nothing runs that it decides.
#[test]
fn a_tenant_has_no_more_than_its_quota() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[batch]\njobs = 1\n[quotas]\nplugins = 2");
    let mut lines = Vec::new();
    for (name, file) in [
        ("pass", "pass"),
        ("redactor", "redactor"),
        ("print-progress", "print-progress"),
        ("pass", "again"),
        ("pass", "again"),
    ] {
        site.plugin(&format!("{file}.wasm"), &guest(name));
        lines.push(json!({"url": origin.url("/"), "plugin": format!("{file}.wasm"), "set": {"word": "x"}}).to_string());
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    // One job at a time.
    let outcomes = site.outcomes(&lines);
    for id in 1..=lines.len() {
        let outcome = find(&outcomes, json!({"line": id}));
        assert_eq!(end(outcome).0, 0, "{outcome}");
    }
    let of = |id: usize| find(&outcomes, json!({"line": id}))["guest"]["plugin"].clone();
    assert_eq!((of(1), of(5)), (Value::from("pass.wasm"), Value::from("again.wasm")));
}

/// One that would end the process is refused to its own tenant, again when the batch goes on, and the others' jobs run.
#[test]
fn a_plugin_that_would_end_the_process_ends_its_own_job() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[tenants.good]\n[tenants.bad]");
    site.plugin("bad.wat", &wat("subtype-call"));
    site.plugin("pass.wasm", &guest("pass"));
    let job = |id: usize| {
        let (tenant, plugin) = if id.is_multiple_of(3) {
            ("bad", "bad.wat")
        } else {
            ("good", "pass.wasm")
        };
        json!({"id": id, "tenant": tenant, "url": origin.url("/"), "plugin": plugin}).to_string()
    };
    let jobs: Vec<String> = (0..30).map(job).collect();
    site.write("jobs.jsonl", jobs.join("\n"));
    site.write("done.jsonl", "");
    // It goes on where it was cut off, and the plugin is refused again.
    for left in [0, 10] {
        let done = site.read("done.jsonl");
        let done: String = done.lines().take(left).map(|line| format!("{line}\n")).collect();
        site.write("done.jsonl", done);
        let batch = site.batch().args(["--resume", "done.jsonl", "--outcome", "done.jsonl"]);
        let ended = batch.arg("jobs.jsonl").end();
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        let outcomes = super::site::of(&site.read("done.jsonl"));
        for id in 0..30_usize {
            let (code, message) = end(find(&outcomes, id));
            let refused = message.contains("WebAssembly's proposal gc, which this host refuses");
            let expected = if id.is_multiple_of(3) { (2, true) } else { (0, false) };
            assert_eq!((code, refused), expected, "{message}");
        }
    }
}

/// A job may have made it: the operator has not placed it there.
#[test]
fn a_plugin_in_a_folder_of_outputs_is_none() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[batch]\noutput = \"out\"");
    std::fs::create_dir_all(site.at("out/deep")).unwrap();
    std::os::unix::fs::symlink("out/deep/made.wasm", site.at("link.wasm")).unwrap();
    for name in ["out/made.wasm", "out/deep/made.wasm", "placed.wasm"] {
        site.plugin(name, &guest("pass"));
    }
    let job = |plugin: &str| json!({"id": plugin, "url": origin.url("/"), "plugin": plugin}).to_string();
    let named = [
        "out/made.wasm",
        "out/deep/made.wasm",
        "./out/made.wasm",
        "link.wasm",
        "placed.wasm",
    ];
    let lines = named.map(job);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let outcomes = site.outcomes(&lines);
    for name in named {
        let (code, said) = end(find(&outcomes, name));
        match name {
            "placed.wasm" => assert_eq!(code, 0, "{said}"),
            _ => assert!(code == 2 && said.contains("folder of outputs"), "{name}: {code} {said}"),
        }
    }
}

/// A plugin is loaded for all jobs of its tenant: none of them says how.
#[test]
fn no_job_has_limits_of_loading() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    site.plugin("pass.wasm", &guest("pass"));
    for key in [
        "component-size",
        "load-memory",
        "load-processor-time",
        "load-time",
        "load-code",
    ] {
        let outcome = site.outcome(&json!({"url": origin.url("/"), "plugin": "pass.wasm", "limits": {key: "1s"}}));
        let (code, said) = end(&outcome);
        assert!(
            code != 0 && said.contains(key) && said.contains("policy file"),
            "{said}"
        );
    }
}
