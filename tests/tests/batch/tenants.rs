//! What the file says of tenants.

use serde_json::json;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use super::site::{Site, end, find};

#[test]
fn each_has_its_own() {
    let origin = http::serve(|_| Response::ok("a secret word")).unwrap();
    let site = Site::new(
        &origin,
        r#"
[tenants.plain]
[tenants.guarded]
plugin = "redactor.wasm"
[tenants.starved]
plugin = "redactor.wasm"
limits = { fuel = 1 }
[tenants.closed]
network = { allow = [] }
[tenants.apart]
output = "apart"
"#,
    );
    site.plugin("redactor.wasm", &guest("redactor"));
    std::fs::create_dir(site.at("apart")).unwrap();
    let job = |tenant: &str, output: &str| {
        let set = json!({"word": "secret"});
        json!({"id": tenant, "tenant": tenant, "url": origin.url("/"), "set": set, "output": output}).to_string()
    };
    let outcomes = site.outcomes(&[
        &job("plain", "inline"),
        &job("guarded", "inline"),
        &job("starved", "inline"),
        &job("closed", "inline"),
        &job("apart", "file"),
        &job("stranger", "inline"),
    ]);
    assert_eq!(find(&outcomes, "plain")["body"], "a secret word");
    assert!(!find(&outcomes, "guarded")["body"].as_str().unwrap().contains("secret"));
    assert_eq!(find(&outcomes, "starved")["abort"]["cause"], "out-of-fuel");
    let closed = find(&outcomes, "closed");
    assert_eq!(
        (&closed["code"], &closed["abort"]["cause"]),
        (&json!(7), &json!("policy"))
    );
    // Whoever asked is told no more than that.
    assert!(
        end(closed).1.ends_with("denied") || !end(closed).1.contains("loopback"),
        "{closed}"
    );
    assert_eq!(site.read("apart/file"), "a secret word");
    let (code, message) = end(find(&outcomes, "stranger"));
    assert!(
        code == 2 && message.contains("there is no tenant \"stranger\""),
        "{message}"
    );
}

/// The operator's plugin stands before each tenant's, and before none; nobody's job can do without.
#[test]
fn the_operators_plugin_is_always_there() {
    let origin = http::serve(|_| Response::ok("a secret word")).unwrap();
    let site = Site::new(
        &origin,
        "[operator]\nplugin = \"guard.wasm\"\nset = { word = \"secret\" }",
    );
    site.plugin("guard.wasm", &guest("redactor"));
    site.plugin("redactor.wasm", &guest("redactor"));
    let job = |id: &str| json!({"id": id, "url": origin.url("/"), "output": "inline"});
    let mut chained = job("chained");
    chained["plugin"] = "redactor.wasm".into();
    chained["set"] = json!({"word": "word"});
    let outcomes = site.outcomes(&[&job("alone").to_string(), &chained.to_string()]);
    let body = |id: &str| find(&outcomes, id)["body"].as_str().unwrap_or_default().to_owned();
    let (alone, chained) = (body("alone"), body("chained"));
    assert!(!alone.contains("secret") && alone.contains("word"), "{outcomes:?}");
    assert!(
        !chained.contains("secret") && !chained.contains("word") && chained.starts_with("a "),
        "{outcomes:?}"
    );
}

/// What whoever asked is not told, the operator is, with whose it was.
#[test]
fn the_operator_is_told_more() {
    let never = Origin::forbidden(Listen::default()).unwrap();
    let site = Site::new(&never, "[tenants.closed]\nnetwork = { allow = [] }");
    let job = json!({"id": "a", "tenant": "closed", "url": never.url("/")}).to_string();
    let ended = site.batch().args(["-v", "-"]).input(job).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let told = ended
        .stderr
        .lines()
        .find(|line| line.starts_with("transferhost: closed \"a\": "));
    assert!(
        told.is_some_and(|line| line.contains("127.0.0.0/8 loopback")),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("hardened: "), "{}", ended.stderr);
    assert_eq!(never.accepted(), 0);
}

/// Without a file, and without a word of tenants in it, the policy is `tenant` for everybody.
#[test]
fn the_policy_is_tenant() {
    let never = Origin::forbidden(Listen::default()).unwrap();
    let site = Site::new(&never, "");
    let job = json!({"url": never.url("/")}).to_string();
    let ended = transferhost_tests::command::Transferhost::new()
        .in_folder(site.path())
        .args(["batch", "-"])
        .input(job)
        .end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let outcome = &super::site::of(&ended.text())[0];
    assert_eq!(
        (&outcome["code"], &outcome["abort"]["cause"]),
        (&json!(7), &json!("policy"))
    );
    assert_eq!(never.accepted(), 0);
}

/// Attacks of one tenant's plugins: each ends its own job, and those of the other run.
#[test]
fn a_tenants_attacks_are_its_own() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let attacks = [
        "loop-write",
        "memory-bomb",
        "trap-write",
        "loop-done",
        "print-flood",
        "recursion",
    ];
    let mut lines = Vec::new();
    for attack in attacks {
        site.plugin(&format!("{attack}.wasm"), &hostile(attack));
        let plugin = format!("{attack}.wasm");
        lines.push(json!({"id": attack, "tenant": "bad", "url": origin.url("/"), "plugin": plugin}).to_string());
        let good = format!("beside {attack}");
        lines.push(json!({"id": good, "tenant": "good", "url": origin.url("/"), "output": "inline"}).to_string());
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let outcomes = site.outcomes(&lines);
    for attack in attacks {
        let ended = find(&outcomes, attack);
        assert!(ended["code"] != 0 && ended["abort"]["blame"] == "guest", "{ended}");
        assert_eq!(find(&outcomes, format!("beside {attack}"))["body"], "hello");
    }
}
