//! The examples that upload: a body that is made on the way, and one that is rewritten on it.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;

/// What `upload-generator` makes: numbers from 0 on, so many bytes of them.
fn counted(bytes: usize) -> Vec<u8> {
    let numbers = (0..bytes.div_ceil(8) as u64).flat_map(u64::to_be_bytes);
    numbers.take(bytes).collect()
}

fn run(example: &str, settings: &[&str], ours: &[&str], curls: &[&str]) -> (Ended, Value) {
    let run = Transferhost::run().args(["--outcome", "-"]).args(ours);
    let run = settings.iter().fold(run, |run, setting| run.args(["--set", setting]));
    let ended = run.arg(guest(example)).arg("-sS").args(curls).end();
    let told = outcome::of(&ended);
    (ended, told)
}

/// The last request's body, and how its size was told.
fn last(origin: &Origin) -> (Vec<u8>, Option<String>, Option<String>) {
    let request = origin.requests().pop().unwrap();
    let header = |name| request.header(name).map(str::to_owned);
    let (length, coding) = (header("content-length"), header("transfer-encoding"));
    (request.body, length, coding)
}

#[test]
pub(super) fn upload_generator() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let url = &origin.url("/there");
    let chunked = Some("chunked".to_owned());
    for (size, bytes) in [("0", 0), ("1", 1), ("13", 13), ("200k", 200 << 10), ("1M", 1 << 20)] {
        let setting = format!("size={size}");
        let (ended, told) = run("upload-generator", &[&setting], &[], &["-T", "-", url]);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(0), (0, None)),
            "{}",
            ended.stderr
        );
        assert!(
            last(&origin) == (counted(bytes), None, chunked.clone()),
            "{size}: other bytes came"
        );
        assert_eq!(told["bytes"]["uploaded"], bytes, "{told}");
        // Announced, and with no call more than it takes.
        let (announced, length) = (bytes.to_string(), Some(bytes.to_string()));
        let ours = ["--upload-size", &announced];
        let (ended, told) = run("upload-generator", &[&setting], &ours, &["-T", "-", url]);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(0), (0, None)),
            "{}",
            ended.stderr
        );
        assert!(
            last(&origin) == (counted(bytes), length, None),
            "{size}: other bytes came"
        );
    }
    // libcurl asks for no more than was announced.
    let (ended, _) = run(
        "upload-generator",
        &["size=100"],
        &["--upload-size", "50"],
        &["-T", "-", url],
    );
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(last(&origin) == (counted(50), Some("50".to_owned()), None));

    let before = origin.accepted();
    for wrong in [&[][..], &["size="], &["size=much"], &["size=99999999999999999999m"]] {
        let (ended, told) = run("upload-generator", wrong, &[], &["-T", "-", url]);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(42), (42, Some("guest-abort"))),
            "{told}"
        );
        assert!(ended.stderr.contains("--set size=BYTES"), "{}", ended.stderr);
    }
    assert_eq!(origin.accepted(), before);
}

const TEXT: &str = "id AKIA0123456789ABCDEF, Authorization: Bearer abc.DEF-1~+/=; \
                    ghp_abcdefghijklmnopqrstuvwxyz0123456789 hush\n";
const BLOTTED: &str = "id [redacted], Authorization: [redacted]; [redacted] [redacted]\n";

#[test]
pub(super) fn upload_redactor() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let url = &origin.url("/there");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    let path = &*file.to_string_lossy();
    // 5000 copies do not end where a call does: secrets lie across the borders of what is taken.
    for (body, blotted) in [
        (TEXT.to_owned(), BLOTTED.to_owned()),
        (TEXT.repeat(5000), BLOTTED.repeat(5000)),
        ("hush".repeat(50_000), "[redacted]".repeat(50_000)),
        ("AKIA0123 and then hus".to_owned(), "AKIA0123 and then hus".to_owned()),
        ("nothing secret\0\u{e9}".to_owned(), "nothing secret\0\u{e9}".to_owned()),
        (String::new(), String::new()),
    ] {
        fs::write(&file, &body).unwrap();
        let (ended, told) = run("upload-redactor", &["word=hush"], &[], &["-T", path, url]);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(0), (0, None)),
            "{}",
            ended.stderr
        );
        let expected = (blotted.into_bytes(), None, Some("chunked".to_owned()));
        assert!(last(&origin) == expected, "{} bytes: others came", body.len());
    }
    // Without a word of one's own the built-in patterns remain, also in a POST and in what comes through a pipe.
    let shown = BLOTTED.replace("[redacted]\n", "hush\n");
    let (ended, _) = run("upload-redactor", &[], &[], &["-d", TEXT, url]);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(last(&origin).0, shown.as_bytes());
    let request = origin.requests().pop().unwrap();
    assert_eq!(
        (request.method(), request.header("content-type")),
        ("POST", Some("application/x-www-form-urlencoded"))
    );
    let piped = Transferhost::run()
        .arg(guest("upload-redactor"))
        .args(["-sS", "-T", "-", url]);
    let ended = piped.input(TEXT.repeat(3000)).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(last(&origin).0 == shown.repeat(3000).into_bytes(), "other bytes came");

    let before = origin.accepted();
    let (ended, told) = run("upload-redactor", &["word="], &[], &["-T", path, url]);
    assert_eq!(
        (ended.code(), outcome::end(&told)),
        (Some(42), (42, Some("guest-abort"))),
        "{told}"
    );
    assert_eq!(origin.accepted(), before);
}
