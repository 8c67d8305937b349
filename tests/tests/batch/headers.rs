//! The headers of a job: a name is a token, a value has no control characters, and the body is framed by libcurl.

use serde_json::{Value, json};
use transferhost_tests::http::{self, Response};

use super::site::{Site, end, find};

/// Names that are none, or that frame the body, each as an object's key; what stands around them an origin may not see.
const NAMES: [&str; 22] = [
    "Transfer-Encoding",
    "Transfer-Encoding ",
    " Transfer-Encoding",
    "Transfer-Encoding\t",
    "\tTransfer-Encoding",
    "TRANSFER-ENCODING",
    "Transfer-Encoding\u{a0}",
    "\u{a0}Transfer-Encoding",
    "Transfer-Encoding\u{b}",
    "Transfer-Encoding\0",
    "Transfer-Encoding:",
    "Transfer-Encoding;",
    "Transfer-Encoding\r\nX",
    "X\r\nTransfer-Encoding",
    "X\n Transfer-Encoding",
    "\u{422}ransfer-Encoding",
    "Transfer\u{2010}Encoding",
    "Content-Length",
    "content-length ",
    "Content-Length\u{7f}",
    "",
    " ",
];

const VALUES: [&str; 9] = [
    "a\r\nTransfer-Encoding: chunked",
    "a\nX: b",
    "a\r\n folded",
    "a\rb",
    "\r\n",
    "a\u{0}",
    "\u{1b}[31m",
    "a\u{7f}",
    "\u{85}",
];

/// None of them is sent, in neither form, with a body or without; the job beside it runs.
#[test]
fn no_header_hides_another() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let mut jobs = Vec::new();
    let mut add = |headers: Value| {
        for body in [json!(null), json!("a body")] {
            let id = jobs.len();
            jobs.push(json!({"id": id, "url": origin.url("/bad"), "headers": headers, "body": body}).to_string());
        }
    };
    for name in NAMES {
        add(json!({name: "chunked"}));
        add(json!({name: null}));
        add(json!({name: ["chunked", "1"]}));
        add(json!([format!("{name}: chunked")]));
        add(json!(["X-A: b", format!("{name}:")]));
    }
    for value in VALUES {
        add(json!({"X-A": value}));
        add(json!({"X-A": ["a", value]}));
    }
    // Around a line's value no space counts, and U+0085 is none.
    for value in VALUES {
        add(json!([format!("X-A: b{value}c")]));
    }
    let bad = jobs.len();
    jobs.push(
        json!({"id": "good", "url": origin.url("/good"), "headers": {"X-A": "a\tb", "X-B": ["c", "d"]}}).to_string(),
    );
    let lines: Vec<&str> = jobs.iter().map(String::as_str).collect();
    let outcomes = site.outcomes(&lines);
    for (id, job) in jobs.iter().take(bad).enumerate() {
        let outcome = find(&outcomes, id);
        let (code, message) = end(outcome);
        assert!(code == 2 && message.contains("`headers`: "), "{}: {outcome}", job);
    }
    assert_eq!(find(&outcomes, "good")["code"], 0);
    let requests = origin.requests();
    let asked: Vec<&str> = requests.iter().map(|request| request.path()).collect();
    assert_eq!(asked, ["/good"]);
    assert_eq!(requests[0].header("x-a"), Some("a\tb"));
}

/// What becomes the request's first line holds no second one.
#[test]
fn nor_does_a_method_or_a_url() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let url = |end: &str| origin.url("/") + end;
    let jobs = [
        json!({"url": url(""), "method": "GET /other HTTP/1.1\r\nX: a\r\n\r\nGET"}),
        json!({"url": url(""), "method": "GET /other"}),
        json!({"url": url(""), "method": "G\u{415}T"}),
        json!({"url": url(""), "method": ""}),
        json!({"url": url(""), "method": "GET\0"}),
        json!({"url": url("a\r\nX: b")}),
        json!({"url": url("a\nb")}),
        json!({"url": url("a\0")}),
        json!({"url": url("\u{7f}")}),
        json!({"url": origin.url("").replace("http://", "http://user\r\nX: b@") + "/"}),
    ];
    let jobs: Vec<String> = jobs.iter().map(Value::to_string).collect();
    let lines: Vec<&str> = jobs.iter().map(String::as_str).collect();
    for outcome in site.outcomes(&lines) {
        let (code, message) = end(&outcome);
        assert!(matches!(code, 2 | 3), "{outcome}");
        assert!(!message.contains(['\r', '\n', '\0']), "{message:?}");
    }
    assert_eq!(origin.accepted(), 0);
}
