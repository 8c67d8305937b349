//! Folders of different tenants lie apart.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use super::site::{Site, ended_with, find};

fn site(origin: &Origin, policy: &str) -> Site {
    let site = Site::new(origin, policy);
    for folder in ["pages/acme/deep", "pages-acme", "bodies/acme", "other"] {
        fs::create_dir_all(site.at(folder)).unwrap();
    }
    symlink("pages", site.at("link")).unwrap();
    symlink(site.at("pages/acme"), site.at("far")).unwrap();
    site.write("jobs.jsonl", json!({"url": origin.url("/")}).to_string());
    site
}

#[test]
fn one_tenants_folder_is_not_within_anothers() {
    let never = Origin::forbidden(Listen::default()).unwrap();
    for (policy, said) in [
        // As it once stood in the documentation.
        (
            "[batch]\noutput = \"pages\"\n[tenants.acme]\noutput = \"pages/acme\"",
            "the folder \"pages/acme\" (tenants.acme.output) lies in the folder \"pages\" (batch.output)",
        ),
        (
            "[batch]\noutput = \"pages/acme/deep\"\n[tenants.acme]\noutput = \"pages\"",
            "the folder \"pages/acme/deep\" (batch.output) lies in the folder \"pages\" (tenants.acme.output)",
        ),
        (
            "[batch]\noutput = \"pages\"\n[tenants.acme]\noutput = \"link/acme\"",
            "\"link/acme\" (tenants.acme.output) lies in",
        ),
        (
            "[batch]\noutput = \"pages\"\n[tenants.acme]\noutput = \"far\"",
            "\"far\" (tenants.acme.output) lies in",
        ),
        (
            "[batch]\noutput = \"pages\"\n[tenants.acme]\noutput = \"other/../link/../pages/./acme\"",
            "(tenants.acme.output) lies in",
        ),
        (
            "[batch]\noutput = \"./pages\"\n[tenants.acme]\noutput = \"HERE/pages/acme\"",
            "(tenants.acme.output) lies in the folder \"./pages\" (batch.output)",
        ),
        // The same one.
        (
            "[tenants.a]\noutput = \"pages\"\n[tenants.b]\noutput = \"link\"",
            "the folder \"pages\" (tenants.a.output) is the folder \"link\" (tenants.b.output)",
        ),
        (
            "[batch]\noutput = \"pages\"\n[tenants.a]\noutput = \"pages\"",
            "the folder \"pages\" (batch.output) is the folder \"pages\" (tenants.a.output)",
        ),
        // What one fetches would be what the other sends, or the other way round.
        (
            "[batch]\nbodies = \"bodies\"\n[tenants.a]\noutput = \"bodies/acme\"",
            "\"bodies/acme\" (tenants.a.output) lies in the folder \"bodies\" (batch.bodies)",
        ),
        (
            "[tenants.a]\noutput = \"bodies\"\n[tenants.b]\nbodies = \"bodies/acme\"",
            "\"bodies/acme\" (tenants.b.bodies) lies in",
        ),
        (
            "[tenants.a]\nbodies = \"bodies\"\n[tenants.b]\nbodies = \"bodies/acme\"",
            "\"bodies/acme\" (tenants.b.bodies) lies in",
        ),
        (
            "[tenants.a]\nbodies = \"bodies\"\n[tenants.b]\nbodies = \"bodies\"",
            "is the folder \"bodies\" (tenants.b.bodies)",
        ),
        // Of many, two.
        (
            "[batch]\noutput = \"other\"\n[tenants.a]\noutput = \"pages-acme\"\n[tenants.b]\noutput = \"pages\"\nbodies = \
             \"bodies\"\n[tenants.c]\nbodies = \"far/deep\"",
            "\"far/deep\" (tenants.c.bodies) lies in the folder \"pages\" (tenants.b.output)",
        ),
    ] {
        let site = site(&never, policy);
        let here = site.path().to_string_lossy().into_owned();
        site.write("policy.toml", site.read("policy.toml").replace("HERE", &here));
        site.write("done.jsonl", "dear\n");
        let ended = site.batch().args(["--outcome", "done.jsonl", "jobs.jsonl"]).end();
        assert_eq!(ended.code(), Some(2), "{policy}");
        ended_with(&ended, 2, said);
        // Before anything is written.
        assert_eq!(site.read("done.jsonl"), "dear\n", "{policy}");
    }
    assert_eq!(never.accepted(), 0);
}

#[test]
fn folders_that_lie_apart_are_used() {
    let origin = http::serve(|request| Response::ok(request.path().to_owned())).unwrap();
    let site = site(
        &origin,
        "[batch]\noutput = \"other\"\nbodies = \"other\"\n[tenants.default]\n[tenants.a]\noutput = \
         \"pages-acme\"\n[tenants.b]\noutput = \"pages\"\nbodies = \"link/acme\"\n[tenants.c]\nbodies = \"bodies\"",
    );
    let job = |tenant: &str| {
        let url = origin.url(&format!("/{tenant}"));
        json!({"id": tenant, "tenant": tenant, "url": url, "output": "file"}).to_string()
    };
    let lines = ["default", "a", "b", "c"].map(job);
    let outcomes = site.outcomes(&lines.each_ref().map(String::as_str));
    for tenant in ["default", "a", "b", "c"] {
        assert_eq!(find(&outcomes, tenant)["code"], 0, "{outcomes:?}");
    }
    assert_eq!(
        (site.read("pages-acme/file"), site.read("pages/file")),
        ("/a".into(), "/b".into())
    );
    // Those without one of their own share one.
    assert!(["/default", "/c"].contains(&site.read("other/file").as_str()));
}
