//! Bad input: each is answered in its outcome, and the job beside it runs.

use serde_json::{Value, json};
use transferhost_tests::command::Transferhost;
use transferhost_tests::event::Event;
use transferhost_tests::guests::{guest, wat};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use super::site::{Site, end, ended_with, find};

const MORE: &str =
    "[limits]\nbody = 1000\nuploaded = 1000\n[batch]\ninline = 100\nline = 5000\n[tenants.default]\n[tenants.acme]";

/// What is said of a line, with a good one on each side of it.
fn said(site: &Site, origin: &Origin, line: &str, code: u64, what: &str) -> Value {
    let good = |id: &str| json!({"id": id, "url": origin.url("/"), "output": "inline"}).to_string();
    let outcomes = site.outcomes(&[&good("before"), line, &good("after")]);
    for id in ["before", "after"] {
        assert_eq!(find(&outcomes, id)["body"], "hello", "{line}: {outcomes:?}");
    }
    let bad = outcomes
        .iter()
        .find(|it| it["id"] != "before" && it["id"] != "after")
        .unwrap();
    let (was, message) = end(bad);
    assert!(was == code && message.contains(what), "{line}: {bad}");
    assert!(!message.contains('\n'), "{message}");
    bad.clone()
}

fn origin() -> Origin {
    http::serve(|request| match request.path() {
        "/large" => Response::ok(vec![b'x'; 2_000]),
        "/fits" => Response::ok(vec![b'x'; 900]),
        _ => Response::ok("hello"),
    })
    .unwrap()
}

#[test]
fn a_line_that_is_no_job() {
    let origin = origin();
    let site = Site::new(&origin, MORE);
    let long = format!("{{\"url\":\"{}\"}}", "x".repeat(5_000));
    for (line, what) in [
        ("{\"url\":", "line 2: column 7: EOF"),
        ("oops", "line 2: column 1: expected value"),
        ("[]", "line 2: it is no object"),
        ("{\"id\":1}", "line 2: it has no `url`"),
        (
            "{\"url\":\"http://h/\",\"tennant\":\"acme\"}",
            "line 2: unknown field `tennant`; did you mean `tenant`?",
        ),
        ("{\"url\":\"http://h/\",\"body\":5}", "line 2: `body`: invalid type"),
        ("\u{1b}[31m", "line 2: column 1"),
        (&long, "line 2: it has more than 5000 bytes"),
    ] {
        let outcome = said(&site, &origin, line, 2, what);
        assert_eq!(outcome["line"], 2);
    }
    // Whose it is is said where it can be read.
    let outcome = said(
        &site,
        &origin,
        "{\"tenant\":\"acme\",\"id\":\"x\",\"ulr\":\"\"}",
        2,
        "did you mean `url`",
    );
    assert_eq!((&outcome["id"], &outcome["tenant"]), (&json!("x"), &json!("acme")));
}

#[test]
fn broken_json_on_line_7_says_line_7() {
    let origin = origin();
    let site = Site::new(&origin, MORE);
    let good = json!({"url": origin.url("/")}).to_string();
    let mut lines = vec![good.as_str(); 9];
    lines[6] = "{\"url\": \"http://h/\", }";
    let outcomes = site.outcomes(&lines);
    let (code, message) = end(find(&outcomes, json!({"line": 7})));
    assert!(code == 2 && message.starts_with("line 7: column 22: "), "{message}");
    assert_eq!(outcomes.iter().filter(|it| it["code"] == 0).count(), 8);
}

#[test]
fn tenants_and_plugins_that_are_not_there() {
    let origin = origin();
    let site = Site::new(&origin, MORE);
    site.plugin("pass.wasm", &guest("pass"));
    site.plugin("core.wat", &wat("core-module"));
    site.plugin("misspelt.wat", &wat("misspelt"));
    site.write("text.wasm", "no plugin");
    std::fs::create_dir(site.at("folder")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", site.at("link.wasm")).unwrap();
    let of = |field: &str, value: &str| {
        let mut job = json!({"url": origin.url("/")});
        job[field] = value.into();
        job.to_string()
    };
    for (field, value, what) in [
        ("tenant", "acne", "there is no tenant \"acne\"; did you mean \"acme\"?"),
        ("plugin", "gone.wasm", "plugin: gone.wasm: No such file"),
        ("plugin", "../pass.wasm", "leads out of its folder"),
        ("plugin", "/etc/hostname", "leads out of its folder"),
        ("plugin", "link.wasm", "leads out of its folder"),
        ("plugin", "folder", "no regular file"),
        ("plugin", "core.wat", "core.wat: "),
        ("plugin", "misspelt.wat", "misspelt.wat: "),
        ("plugin", "text.wasm", "text.wasm: "),
    ] {
        said(&site, &origin, &of(field, value), 2, what);
    }
}

#[test]
fn bodies_over_a_limit() {
    let origin = origin();
    let site = Site::new(&origin, MORE);
    let large = said(
        &site,
        &origin,
        &json!({"url": origin.url("/large")}).to_string(),
        63,
        "",
    );
    assert_eq!(large["abort"]["cause"], "policy");
    let sent = json!({"url": origin.url("/"), "body": "x".repeat(2_000)}).to_string();
    assert_eq!(said(&site, &origin, &sent, 63, "")["abort"]["cause"], "policy");
    let inline = json!({"url": origin.url("/fits"), "output": "inline"}).to_string();
    let outcome = said(
        &site,
        &origin,
        &inline,
        23,
        "larger than the 100 bytes that an outcome holds",
    );
    assert!(outcome.get("body").is_none(), "{outcome}");
}

/// One waits for its turn behind one that runs; the next is refused, and those of another tenant are not.
#[test]
fn a_full_queue() {
    let (full, held) = (Event::new(), Event::new());
    let origin = http::serve({
        let (full, held) = (full.clone(), held.clone());
        move |request| {
            if request.path() == "/held" {
                full.fire();
                held.wait(transferhost_tests::PATIENCE);
            }
            Response::ok("hello")
        }
    })
    .unwrap();
    let site = Site::new(
        &origin,
        "[tenants.acme]\nquotas = { transfers = 1, queue = 1 }\n[tenants.other]",
    );
    let job = |id: &str, tenant: &str, path: &str| {
        format!("{}\n", json!({"id": id, "tenant": tenant, "url": origin.url(path)}))
    };
    let pipe = super::stream::Pipe::new(&site);
    let mut running = site.batch().arg("jobs.fifo").start();
    pipe.write(&job("runs", "acme", "/held"));
    assert!(full.wait(transferhost_tests::PATIENCE));
    pipe.write(&(job("waits", "acme", "/") + &job("refused", "acme", "/") + &job("other", "other", "/")));
    let mut lines = super::stream::lines(&mut running);
    let outcomes: Vec<Value> = lines.by_ref().take(2).collect();
    let refused = find(&outcomes, "refused");
    assert_eq!(
        (&refused["code"], &refused["abort"]["cause"]),
        (&json!(2), &json!("quota"))
    );
    assert!(end(refused).1.contains("quota `queue`"), "{refused}");
    assert_eq!(find(&outcomes, "other")["code"], 0);
    held.fire();
    drop(pipe);
    let rest: Vec<Value> = lines.collect();
    for id in ["runs", "waits"] {
        assert_eq!(find(&rest, id)["code"], 0, "{rest:?}");
    }
    assert_eq!(running.end().code(), Some(0));
}

/// What cannot begin says why, in one sentence.
#[test]
fn a_batch_that_cannot_begin() {
    let origin = origin();
    let site = Site::new(&origin, "");
    site.write("jobs.jsonl", "");
    let with = |policy: &str| {
        site.write("wrong.toml", policy);
        let batch = Transferhost::new().in_folder(site.path());
        batch.args(["batch", "--policy-file", "wrong.toml", "jobs.jsonl"]).end()
    };
    ended_with(
        &with("[quotas]\nqeue = 5"),
        2,
        "wrong.toml:2: unknown key `qeue` in [quotas]; did you mean `queue`?",
    );
    ended_with(
        &with("[tenants.acme]\nplugn = \"x\""),
        2,
        "wrong.toml:2: unknown key `plugn` in [tenants.acme]; did you mean `plugin`?",
    );
    ended_with(
        &with("[batch]\noutput = \"gone\""),
        2,
        "the folder \"gone\": No such file",
    );
    ended_with(&with("[batch]\nguests = 1_000_000"), 2, "memory maps");
    for (keys, said) in [
        ("guests = 999", "guests: 999 are fewer than the 1000 jobs"),
        (
            "jobs = 4611686018427387904",
            "is too much for jobs: give a number up to 1000000",
        ),
        ("jobs = 1_000_000", "take up to 10"),
        (
            "workers = 1_025",
            "`1025` is too much for workers: give a number up to 1024",
        ),
        ("loads = 100_000", "is too much for loads"),
    ] {
        ended_with(&with(&format!("[batch]\n{keys}")), 2, said);
    }
    ended_with(&site.batch().arg("gone.jsonl").end(), 2, "gone.jsonl: No such file");
    ended_with(&site.batch().arg(".").end(), 2, "Is a directory");
    ended_with(
        &site.batch().args(["--resume", "gone", "jobs.jsonl"]).end(),
        2,
        "--resume: gone: No such file",
    );
    ended_with(
        &site.batch().args(["--outcome", "/dev/full", "jobs.jsonl", "x"]).end(),
        2,
        "unexpected argument",
    );
    // What would be written over stays, whatever path leads to it.
    for file in ["policy.toml", "guard.wasm", "jobs.jsonl", "done.jsonl"] {
        site.write(
            file,
            if file == "policy.toml" {
                site.read(file)
            } else {
                "kept".to_owned()
            },
        );
    }
    let policy = format!("{}\n[tenants.acme]\nplugin = \"guard.wasm\"", site.read("policy.toml"));
    site.write("policy.toml", &policy);
    for (option, file, what) in [
        (
            "--outcome",
            "policy.toml",
            "is the policy file, and would be written over",
        ),
        (
            "--trace",
            "policy.toml",
            "is the policy file, and would be written over",
        ),
        ("--outcome", "guard.wasm", "is the plugin, and would be written over"),
        ("--trace", "./guard.wasm", "is the plugin, and would be written over"),
        (
            "--trace",
            "done.jsonl",
            "is the file that is resumed from, and would be written over",
        ),
        (
            "--outcome",
            "jobs.jsonl",
            "is the file of jobs, and would be written over",
        ),
    ] {
        let batch = site
            .batch()
            .args(["--resume", "done.jsonl", option, file, "jobs.jsonl"]);
        ended_with(&batch.end(), 2, what);
    }
    let both = ["--outcome", "same.jsonl", "--trace", "same.jsonl", "jobs.jsonl"];
    ended_with(&site.batch().args(both).end(), 2, "would be written over");
    assert_eq!(
        (site.read("policy.toml"), site.read("guard.wasm")),
        (policy, "kept".to_owned())
    );
    assert_eq!(site.read("done.jsonl"), "kept");
    std::fs::remove_file(site.at("guard.wasm")).unwrap();
    // `run` reads the same file, and checks all of it.
    let run = |policy: &str| {
        site.write("wrong.toml", policy);
        let run = Transferhost::run().in_folder(site.path());
        run.args(["--policy-file", "wrong.toml", "--no-plugin", &origin.url("/")])
            .end()
    };
    ended_with(&run("[batch]\njobs = 0"), 2, "wrong.toml:2: `0` is no value for jobs");
    // A guard must not be left out without a word.
    let operator = "[operator]\nplugin = \"guard.wasm\"";
    ended_with(&with(operator), 2, "operator.plugin: guard.wasm: No such file");
    ended_with(&run(operator), 2, "[operator]");
    assert_eq!(origin.requests().len(), 0);
}
