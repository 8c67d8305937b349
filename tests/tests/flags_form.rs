//! curl's `-F`: the bytes of a form, but for its boundary, and that the curl tool sends the same.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::reference::Same;
use transferhost_tests::request::Request;

#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

/// The body, each boundary, which are made by chance, in capitals.
fn form(request: &Request) -> String {
    let text = format!("{}{}", request.head, request.text());
    let boundaries = text
        .split("boundary=")
        .skip(1)
        .filter_map(|rest| rest.split("\r\n").next());
    let plain = |body: String, boundary: &str| body.replace(boundary, "BOUNDARY");
    boundaries.fold(request.text(), plain)
}

fn origin() -> Origin {
    http::serve(|_| Response::ok("")).unwrap()
}

#[test]
fn fields_and_files_are_as_curl_sends_them() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "text\n").unwrap();
    let png = folder.path().join("b;c.png");
    fs::write(&png, [0x89, b'P']).unwrap();
    let origin = origin();
    for words in [
        &["-F", "a=b"][..],
        &["-F", "a=b", "-F", "c=d e"],
        &["-F", "file=@TXT"],
        &["-F", "file=@TXT;type=text/x;filename=other"],
        &["-F", "file=@\"PNG\""],
        &["-F", "two=@TXT,TXT"],
        &["-F", "a=<TXT"],
        &["-F", "a=b;type=text/html;headers=\"X-A: b\""],
        &["-F", "a=b c=;encoder=base64"],
        &["-F", "a=@-"],
        &["--form-string", "a=@b;c"],
        &["-F", "a=", "-H", "X-B: c"],
        &["-F", "a=\"b;c\""],
        &[
            "-F",
            "x=(;type=multipart/alternative",
            "-F",
            "=plain",
            "-F",
            "=\"<b>\";type=text/html",
            "-F",
            "=)",
            "-F",
            "c=d",
        ],
        &[
            "-F",
            "x=(",
            "-F",
            "y=(;headers=\"X-Y: z\"",
            "-F",
            "=@TXT",
            "-F",
            "=)",
            "-F",
            "e=f",
        ],
    ] {
        let words = words.iter().map(|word| {
            let word = word.replace("TXT", &path.to_string_lossy());
            word.replace("PNG", &png.to_string_lossy())
        });
        let words: Vec<String> = words.chain(["-s".to_owned(), origin.url("/")]).collect();
        let before = origin.requests().len();
        let both = Same::new(&words).input("from stdin").both();
        assert_eq!(
            (both.ours.code(), both.curls.code()),
            (Some(0), Some(0)),
            "{words:?}: {}",
            both.ours.stderr
        );
        let requests = origin.requests();
        let (ours, curls) = (&requests[before], &requests[before + 1]);
        assert_eq!(form(ours), form(curls), "{words:?}");
        assert!(form(ours).starts_with("--BOUNDARY\r\n"), "{}", form(ours));
        assert_eq!((ours.method(), ours.header("x-b")), ("POST", curls.header("x-b")));
    }
}

#[test]
fn a_plugin_sees_the_transfer_and_not_the_form() {
    let origin = origin();
    let ended = Transferhost::run()
        .args(["--trace-calls"])
        .arg(guest("upload-redactor"))
        .args(["-s", "-F", "a=b", &origin.url("/")])
        .end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("read("), "{}", ended.stderr);
    assert!(origin.requests()[0].text().contains("\r\n\r\nb\r\n"));
}

#[test]
fn values_that_are_no_fields() {
    let origin = origin();
    for (words, code, says) in [
        (&["-F", "a"][..], 2, "name=content"),
        (&["-F", "a=b;c=d"], 2, "c=d"),
        (&["-F", "a=b", "-F", "=)"], 2, "part of parts"),
        (&["-F", "a=@missing"], 26, "missing"),
        (&["-F", "a=<missing"], 26, "missing"),
        (&["-F", "a=b;type=\"x\r\ny\""], 2, "line break"),
        (&["-F", "a=b", "-d", "c"], 2, "-d and -F"),
        (&["-F", "a=b", "-I"], 2, "-F and -I"),
    ] {
        let ended = Transferhost::run()
            .arg("--no-plugin")
            .args(words)
            .arg(origin.url("/"))
            .end();
        let said = sentence(&ended, code);
        assert!(said.contains(says), "{words:?}: {said}");
    }
    // Under the policy no file of the host's, and no more bytes than others may send.
    for (words, says) in [
        (&["-F", "a=@/dev/null"][..], "no file in a form"),
        (&["-F", "a=bcd"], "3 bytes"),
    ] {
        let ended = Transferhost::run()
            .args(["--policy", "tenant", "--limit", "uploaded=2", "--no-plugin"])
            .args(words)
            .arg(origin.url("/"))
            .end();
        let said = sentence(&ended, 2);
        assert!(said.contains(says), "{words:?}: {said}");
    }
    assert_eq!(origin.accepted(), 0);
}
