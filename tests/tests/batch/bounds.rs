//! What a line may hold, and that what is over it costs nobody anything.

use serde_json::{Value, json};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use super::site::{Site, end, find};

fn origin() -> Origin {
    http::serve(|_| Response::ok("hello")).unwrap()
}

/// The outcome of a line, beside one that is well.
fn answered(site: &Site, origin: &Origin, line: &str) -> Value {
    let good = json!({"id": "good", "url": origin.url("/"), "output": "inline"}).to_string();
    let outcomes = site.outcomes(&[line, &good]);
    assert_eq!(find(&outcomes, "good")["body"], "hello");
    let other = outcomes.iter().find(|outcome| outcome["id"] != "good");
    other.unwrap().clone()
}

#[test]
fn what_is_over_a_cap_is_said_in_a_short_sentence() {
    let origin = origin();
    let site = Site::new(&origin, "");
    let mib = "A".repeat((1 << 20) - 200);
    let pairs = |count: usize| -> Value {
        (0..count)
            .map(|n| (format!("k{n}"), json!("1")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    for (field, value, said) in [
        (
            "id",
            json!(mib),
            "`id`: 1048376 bytes are more than the 256 that there may be",
        ),
        (
            "tenant",
            json!(mib),
            "`tenant`: 1048376 bytes are more than the 128 that",
        ),
        ("url", json!(mib), "`url`: 1048376 bytes are more than the 65536 that"),
        (
            "method",
            json!(mib),
            "`method`: 1048376 bytes are more than the 64 that",
        ),
        (
            "plugin",
            json!(mib),
            "`plugin`: 1048376 bytes are more than the 4095 that",
        ),
        (
            "output",
            json!(mib),
            "`output`: 1048376 bytes are more than the 4095 that",
        ),
        (
            "body_file",
            json!(mib),
            "`body_file`: 1048376 bytes are more than the 4095 that",
        ),
        (
            "headers",
            json!({ mib.as_str(): "x" }),
            "`headers`: a name: 1048376 bytes are more than the 256 that",
        ),
        (
            "headers",
            json!({ "X": mib }),
            "`headers`: a line or a value: 1048376 bytes are more than the 65536 that",
        ),
        (
            "headers",
            json!([format!("{}: x", "X".repeat(257))]),
            "`headers`: a name: 257 bytes are more than the 256 that",
        ),
        (
            "headers",
            json!([format!("X: {mib}")]),
            "`headers`: a line or a value: 1048379 bytes are more than the 65536 that",
        ),
        ("headers", pairs(101), "`headers`: there are more than 100 headers"),
        (
            "headers",
            json!({"X": vec!["1"; 101]}),
            "`headers`: there are more than 100 headers",
        ),
        (
            "headers",
            json!({"X": vec!["1"; 60], "Y": vec!["1"; 60]}),
            "`headers`: 120 are more than the 100",
        ),
        (
            "headers",
            json!(vec!["X: 1"; 50_000]),
            "`headers`: there are more than 100 headers",
        ),
        ("set", pairs(257), "`set`: there are more than 256 keys"),
        ("set", pairs(60_000), "`set`: there are more than 256 keys"),
        (
            "set",
            json!({ mib.as_str(): "x" }),
            "`set`: a key: 1048376 bytes are more than the 256 that",
        ),
        (
            "set",
            json!({ "x": mib }),
            "`set`: a value: 1048376 bytes are more than the 262144 that",
        ),
        (
            "limits",
            json!({ mib.as_str(): 1 }),
            "`limits`: a key: 1048376 bytes are more than the 64 that",
        ),
        (
            "limits",
            json!({ "A".repeat(65): 1 }),
            "`limits`: a key: 65 bytes are more than the 64 that",
        ),
        (
            "limits",
            json!({ "fuel": mib }),
            "`limits`: a value: 1048376 bytes are more than the 64 that",
        ),
        ("limits", pairs(65), "`limits`: there are more than 64 keys"),
        (
            "follow",
            json!(mib),
            "`follow`: invalid type: string \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
        ),
        (&mib, json!(1), "unknown field `AAAAAAAA"),
        (&"é".repeat(40), json!(1), "unknown field `éééé"),
    ] {
        let mut job = json!({"id": "bad", "url": origin.url("/")});
        job[field] = value;
        let outcome = answered(&site, &origin, &job.to_string());
        let (code, message) = end(&outcome);
        assert!(
            code == 2 && message.contains(&format!("line 1: {said}")),
            "{field:.9}: {message}"
        );
        assert!(
            outcome.to_string().len() < 1_500,
            "{} bytes of {field:.9}",
            outcome.to_string().len()
        );
    }
    assert!(origin.requests().iter().all(|request| request.path() == "/"));
}

/// What fills a cap fits.
#[test]
fn what_is_within_its_caps_runs() {
    let origin = origin();
    let site = Site::new(&origin, "");
    let pairs = |count: usize, value: &str| -> Value {
        let pairs = (0..count).map(|n| (format!("{n:x<200}"), json!(value)));
        pairs.collect::<serde_json::Map<_, _>>().into()
    };
    let outcome = answered(
        &site,
        &origin,
        &json!({
            "id": "i".repeat(256),
            "tenant": "t".repeat(128),
            "url": origin.url(&format!("/{}", "p".repeat(8_000))),
            "headers": pairs(100, "x"),
            "set": pairs(256, &"v".repeat(2_000)),
            "limits": {"fuel": "1_000_000"},
        })
        .to_string(),
    );
    assert_eq!(outcome["code"], 0, "{outcome}");
}

/// A field that is there twice says nothing that counts; whose line it is stays readable where that is not in doubt.
#[test]
fn nothing_is_there_twice() {
    let origin = origin();
    let site = Site::new(&origin, "");
    let url = origin.url("/");
    for (fields, said, id, tenant) in [
        (
            "\"id\":1,\"id\":2",
            "`id` is there twice",
            json!({"line": 1}),
            json!("default"),
        ),
        (
            "\"id\":1,\"\\u0069d\":1",
            "`id` is there twice",
            json!({"line": 1}),
            json!("default"),
        ),
        (
            "\"id\":1,\"id\":2,\"id\":3",
            "`id` is there twice",
            json!({"line": 1}),
            json!("default"),
        ),
        (
            "\"tenant\":\"a\",\"id\":1,\"tenant\":\"b\"",
            "`tenant` is there twice",
            json!(1),
            json!(null),
        ),
        (
            "\"set\":{\"a\":\"1\",\"a\":\"2\"},\"id\":1",
            "`set`: `a` is there twice",
            json!(1),
            json!("default"),
        ),
        (
            "\"headers\":{\"A\":\"1\",\"A\":\"2\"},\"id\":1,\"tenant\":\"t\"",
            "`headers`: `A` is there twice",
            json!(1),
            json!("t"),
        ),
        (
            "\"limits\":{\"fuel\":1,\"fuel\":2}",
            "`limits`: `fuel` is there twice",
            json!({"line": 1}),
            json!("default"),
        ),
        (
            "\"what\":[[[]]],\"id\":\"x\"",
            "unknown field `what`",
            json!("x"),
            json!("default"),
        ),
    ] {
        let outcome = answered(&site, &origin, &format!("{{{fields},\"url\":\"{url}\"}}"));
        assert!(end(&outcome).0 == 2 && end(&outcome).1.contains(said), "{outcome}");
        assert_eq!((&outcome["id"], &outcome["tenant"]), (&id, &tenant), "{fields}");
    }
}

/// Of a thousand names that are too long nothing is kept; of those that are not, the batch has an answer each.
#[test]
fn a_thousand_tenants_that_come_once() {
    let origin = origin();
    let site = Site::new(&origin, "[batch]\nmemory = \"1MiB\"");
    let lines: Vec<String> = (0..1_000)
        .map(|n| {
            let tenant = format!("{n:t<100}");
            json!({"id": n, "tenant": tenant, "url": origin.url("/")}).to_string()
        })
        .collect();
    let outcomes = site.outcomes(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(outcomes.iter().all(|outcome| outcome["code"] == 0));
}

#[test]
fn a_tenant_of_the_file_has_a_name_that_a_job_can_say() {
    let origin = origin();
    let site = Site::new(&origin, &format!("[tenants.{}]", "t".repeat(129)));
    site.write("jobs.jsonl", "");
    let ended = site.batch().arg("jobs.jsonl").end();
    super::site::ended_with(&ended, 2, "129 bytes are more than the 128 that there may be");
}

/// An origin that closes each connection after its answer, and says nothing of it: none of the jobs notices.
#[test]
fn connections_that_close_without_a_word() {
    let origin = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    })
    .unwrap();
    let site = Site::new(&origin, "[quotas]\nrequests = 10_000\ndestination-requests = 10_000");
    let job = |n: usize| json!({"id": n, "url": origin.url("/"), "output": "inline"}).to_string();
    let lines: Vec<String> = (0..400).map(job).collect();
    let outcomes = site.outcomes(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let failed: Vec<&Value> = outcomes.iter().filter(|outcome| outcome["body"] != "hello").collect();
    assert!(failed.is_empty(), "{failed:?}");
}
