//! What a job may say.

use serde_json::json;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use super::site::{Site, end, find};

fn origin() -> Origin {
    http::serve(|request| match request.path() {
        "/binary" => Response::ok([0xff, 0, b'x']),
        "/away" => Response::redirect(302, "/"),
        _ => Response::ok(format!(
            "{} {}",
            request.method(),
            String::from_utf8_lossy(&request.body)
        )),
    })
    .unwrap()
}

#[test]
fn an_outcome_has_its_job_in_front_and_its_body_behind() {
    let origin = origin();
    let site = Site::new(&origin, "");
    let job = json!({"id": "a", "tenant": "acme", "url": origin.url("/"), "output": "inline"});
    let ended = site.batch().arg("-").input(job.to_string()).end();
    let (line, code) = (ended.text(), ended.code());
    assert_eq!(code, Some(0), "{}", ended.stderr);
    assert!(
        line.starts_with("{\"id\":\"a\",\"tenant\":\"acme\",\"code\":0,\"name\":\"CURLE_OK\","),
        "{line}"
    );
    assert!(line.ends_with(",\"body\":\"GET \"}\n"), "{line}");
    let binary = site.outcome(&json!({"url": origin.url("/binary"), "output": "inline"}));
    assert_eq!((&binary["body_base64"], binary.get("body")), (&json!("/wB4"), None));
    // Without an id it is the line; without an output the body is nobody's.
    assert_eq!(
        (&binary["id"], &binary["tenant"]),
        (&json!({"line": 1}), &json!("default"))
    );
    let nowhere = site.outcome(&json!({"id": 7, "url": origin.url("/")}));
    assert_eq!((&nowhere["id"], &nowhere["bytes"]["delivered"]), (&json!(7), &json!(4)));
    assert!(nowhere.get("body").is_none());
}

#[test]
fn what_is_sent_is_what_it_says() {
    let origin = origin();
    let site = Site::new(&origin, "[batch]\nbodies = \"bodies\"");
    std::fs::create_dir(site.at("bodies")).unwrap();
    site.write("bodies/file", "from a file");
    let fetch = |job: serde_json::Value| {
        let mut job = job;
        job["url"] = origin.url("/").into();
        job["output"] = "inline".into();
        let outcome = site.outcome(&job);
        assert_eq!(outcome["code"], 0, "{outcome}");
        (
            outcome["body"].as_str().unwrap().to_owned(),
            origin.requests().pop().unwrap(),
        )
    };
    assert_eq!(fetch(json!({"body": "text"})).0, "POST text");
    assert_eq!(fetch(json!({"body": "text", "method": "PUT"})).0, "PUT text");
    assert_eq!(fetch(json!({"body_file": "file"})).0, "POST from a file");
    assert_eq!(
        fetch(json!({"body_file": "file", "method": "PUT"})).0,
        "PUT from a file"
    );
    assert_eq!(fetch(json!({"method": "POST"})).0, "POST ");
    assert_eq!(fetch(json!({"method": "DELETE"})).0, "DELETE ");
    assert_eq!(fetch(json!({"method": "HEAD"})).0, "");
    let (_, request) = fetch(json!({"headers": {"X-A": "b", "Accept": null}}));
    assert_eq!((request.header("x-a"), request.header("accept")), (Some("b"), None));
    assert!(request.header("user-agent").is_some_and(|it| it.starts_with("curl/")));
    let (_, request) = fetch(json!({"headers": ["X-A: c", "User-Agent: other"]}));
    assert_eq!(
        (request.header("x-a"), request.header("user-agent")),
        (Some("c"), Some("other"))
    );
    let away = json!({"id": "stays", "url": origin.url("/away")}).to_string();
    let follows = json!({"id": "follows", "url": origin.url("/away"), "follow": true}).to_string();
    let outcomes = site.outcomes(&[&away, &follows]);
    assert_eq!(find(&outcomes, "stays")["status"], 302);
    assert_eq!(find(&outcomes, "follows")["status"], 200);
}

#[test]
fn the_plugin_decides_with_what_is_set_and_within_the_limits() {
    let origin = http::serve(|_| Response::ok("a secret word")).unwrap();
    let site = Site::new(&origin, "");
    site.plugin("redactor.wasm", &guest("redactor"));
    let job = |id: &str, limits: serde_json::Value| {
        let url = origin.url("/");
        let job = json!({"id": id, "url": url, "plugin": "redactor.wasm", "set": {"word": "secret"}, "limits": limits, "output": "inline"});
        job.to_string()
    };
    let outcomes = site.outcomes(&[
        &job("well", json!({})),
        &job("starved", json!({"fuel": 1})),
        &job("timely", json!({"total-time": "5s"})),
        &job("laxer", json!({"fuel": "20_000_001"})),
        &job("unknown", json!({"fule": 1})),
    ]);
    for well in ["well", "timely"] {
        let well = find(&outcomes, well);
        assert_eq!(well["code"], 0, "{well}");
        let body = well["body"].as_str().unwrap();
        assert!(!body.contains("secret") && body.contains("word"), "{well}");
        assert_eq!(well["guest"]["plugin"], "redactor.wasm");
    }
    assert_eq!(find(&outcomes, "starved")["abort"]["cause"], "out-of-fuel");
    let said = |id: &str, what: &str| {
        let (code, message) = end(find(&outcomes, id));
        assert!(code == 2 && message.contains(what), "{message}");
    };
    said("laxer", "can only be made stricter");
    said("unknown", "did you mean `fuel`?");
}
