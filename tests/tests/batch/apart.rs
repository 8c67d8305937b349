//! What a batch runs by lies where no job writes.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use transferhost_tests::command::Transferhost;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use super::site::{Site, end, ended_with};

/// Files that a stranger would like to have another content.
const DEAR: [&str; 4] = ["guard.wasm", "policy.toml", "done.jsonl", "jobs.jsonl"];

/// A site of a batch that must not begin.
fn site() -> (Origin, Site) {
    let never = Origin::forbidden(Listen::default()).unwrap();
    let site = Site::new(&never, "");
    for folder in ["out", "plugins/out"] {
        fs::create_dir_all(site.at(folder)).unwrap();
    }
    site.write("jobs.jsonl", json!({"url": never.url("/")}).to_string());
    (never, site)
}

fn batch(site: &Site, policy: &str) -> Transferhost {
    let batch = Transferhost::new().in_folder(site.path());
    batch.args(["batch", "--policy-file", policy])
}

#[test]
fn without_a_folder_no_job_writes() {
    let origin = http::serve(|_| Response::ok("hostile")).unwrap();
    for more in ["", "[tenants.default]\n[tenants.apart]\noutput = \"out\""] {
        let site = Site::new(&origin, more);
        fs::create_dir(site.at("out")).unwrap();
        let before = DEAR.map(|name| {
            if name != "policy.toml" {
                site.write(name, "dear");
            }
            site.read(name)
        });
        let lines = DEAR.map(|name| json!({"id": name, "url": origin.url("/"), "output": name}).to_string());
        for outcome in site.outcomes(&lines.each_ref().map(String::as_str)) {
            let said = "`output`: the policy file names no folder of outputs (batch.output)";
            assert_eq!(end(&outcome), (2, said));
        }
        assert_eq!(DEAR.map(|name| site.read(name)), before);
    }
    assert_eq!(origin.requests().len(), 0);
}

#[test]
fn a_folder_of_outputs_that_is_another_folder_too() {
    let (never, site) = site();
    symlink("plugins", site.at("another-name")).unwrap();
    for (text, said) in [
        (
            "[batch]\noutput = \".\"",
            "replace the plugins in \".\" by an output in the folder \".\" (batch.output): name a folder of its own",
        ),
        (
            "[batch]\nplugins = \"plugins\"\noutput = \"another-name\"",
            "the plugins in \"plugins\"",
        ),
        (
            "[batch]\nplugins = \"another-name/out\"\noutput = \"plugins\"",
            "the plugins in \"another-name/out\"",
        ),
        (
            "[batch]\nplugins = \"plugins\"\noutput = \".\"\n[operator]\nplugin = \"guard.wasm\"",
            "the plugin \"plugins/guard.wasm\"",
        ),
        (
            "[batch]\nplugins = \"plugins\"\noutput = \"plugins/out\"\n[operator]\nplugin = \"out/guard.wasm\"",
            "the plugin \"plugins/out/guard.wasm\"",
        ),
        (
            "[tenants.acme]\noutput = \"out\"\n[tenants.other]\nplugin = \"out/guard.wasm\"",
            "in the folder \"out\" (tenants.acme.output)",
        ),
    ] {
        site.write("policy.toml", text);
        ended_with(&batch(&site, "policy.toml").arg("jobs.jsonl").end(), 2, said);
    }
    site.write("policy.toml", "[batch]\noutput = \"out\"");
    let cached = batch(&site, "policy.toml").env("XDG_CACHE_HOME", site.at("out/cache"));
    ended_with(&cached.arg("jobs.jsonl").end(), 2, "the compiled plugins in ");
    assert_eq!(never.accepted(), 0);
}

#[test]
fn a_file_in_a_folder_of_outputs() {
    let (never, site) = site();
    let policy = "[batch]\nplugins = \"plugins\"\noutput = \"out\"";
    for name in ["policy.toml", "out/policy.toml"] {
        site.write(name, policy);
    }
    fs::copy(site.at("jobs.jsonl"), site.at("out/jobs.jsonl")).unwrap();
    site.write("out/done.jsonl", "");
    // Who replaces the link replaces the file; and a link may lead to where nothing is yet.
    symlink("../policy.toml", site.at("out/link.toml")).unwrap();
    symlink("out/new.jsonl", site.at("new.jsonl")).unwrap();
    for (policy, args, said) in [
        ("out/policy.toml", "", "the policy file \"out/policy.toml\""),
        ("out/link.toml", "", "the policy file \"out/link.toml\""),
        ("policy.toml", "--outcome out/done.jsonl", "outcomes \"out/done.jsonl\""),
        ("policy.toml", "--outcome new.jsonl", "outcomes \"new.jsonl\""),
        ("policy.toml", "--resume out/done.jsonl", "from, \"out/done.jsonl\""),
        ("policy.toml", "--trace out/../out/trace", "trace \"out/../out/trace\""),
        ("policy.toml", "out/jobs.jsonl", "the file of jobs \"out/jobs.jsonl\""),
    ] {
        let jobs = Some("jobs.jsonl").filter(|_| !args.ends_with("jobs.jsonl"));
        let words = args.split_whitespace().chain(jobs);
        ended_with(&batch(&site, policy).args(words).end(), 2, said);
    }
    assert!(!site.at("out/new.jsonl").exists() && !site.at("out/trace").exists());
    assert_eq!(never.accepted(), 0);
}

#[test]
fn jobs_are_not_written_over() {
    let (never, site) = site();
    fs::hard_link(site.at("jobs.jsonl"), site.at("same.jsonl")).unwrap();
    let before = site.read("jobs.jsonl");
    for (option, path) in [
        ("--outcome", "jobs.jsonl"),
        ("--outcome", "same.jsonl"),
        ("--trace", "jobs.jsonl"),
    ] {
        let ended = site.batch().args([option, path, "jobs.jsonl"]).end();
        ended_with(&ended, 2, &format!("{option}: {path} is the file of jobs"));
        assert_eq!(site.read("jobs.jsonl"), before);
    }
    assert_eq!(never.accepted(), 0);
}
