//! What a command line names can be used all the same; what it does not name cannot.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::ftp::Ftp;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::running::Ended;

use super::policy_file::PolicyFile;
use super::sentence::sentence;
use super::{is_there, opened};

#[test]
fn outputs_and_uploads_that_are_named() {
    if !is_there() {
        return;
    }
    let origin = http::serve(|request| Response::ok(format!("got {}", request.body.len()))).unwrap();
    let policy = opened(&origin);
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("there"), "longer than what comes").unwrap();
    fs::write(at("sent"), "12345").unwrap();
    std::os::unix::fs::symlink("behind", at("link")).unwrap();
    let url = origin.url("/");
    let fetch = |words: &[&str]| {
        let run = Transferhost::run().in_folder(folder.path()).args(policy.words());
        let ended = run
            .args(["--harden", "--outcome", "outcome"])
            .arg(guest("pass"))
            .args(words)
            .end();
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""), "{words:?}");
        assert!(!fs::read_to_string(at("outcome")).unwrap().is_empty());
        ended.text()
    };
    let read = |name: &str| fs::read_to_string(at(name)).unwrap();
    assert_eq!(fetch(&[&url]), "got 0");
    assert_eq!(fetch(&["-o", "new", &url, "-o", "there", &url]), "");
    assert_eq!((read("new").as_str(), read("there").as_str()), ("got 0", "got 0"));
    fetch(&["-o", "link", &url]);
    assert_eq!(read("behind"), "got 0");
    assert_eq!(fetch(&["-o", "/dev/null", &url]), "");
    assert_eq!(fetch(&["-o", "/dev/stdout", &url]), "got 0");
    assert_eq!(fetch(&["-T", "sent", &url]), "got 5");
    assert_eq!(fetch(&["-d", "@sent", &url]), "got 5");
    // One file for all URLs, opened again for each.
    fetch(&["-D", "heads", "-o", "a", &url, "-o", "b", &url]);
    assert_eq!(read("heads").matches("HTTP/1.1 200").count(), 2);
    // Those that are given their name late, or by somebody else; each twice, new and there already.
    for _ in 0..2 {
        fetch(&["-w", "%output{told}%{http_code}", "-o", "there", &url]);
        assert_eq!(read("told"), "200");
        fetch(&["-O", &origin.url("/by-url")]);
        assert_eq!(read("by-url"), "got 0");
        fetch(&["--create-dirs", "-o", "made/here/too", &url]);
        assert_eq!(read("made/here/too"), "got 0");
        fetch(&["--no-clobber", "-o", "kept", &url]);
    }
    assert_eq!((read("kept").as_str(), read("kept.1").as_str()), ("got 0", "got 0"));
    fetch(&["--etag-save", "etag", "-o", "there", &url]);
    let name = origin.url_as("localhost", "/");
    assert_eq!(fetch(&[&name]), "got 0");
    // An output that cannot be is curl's affair, as without.
    let nowhere = Transferhost::run().in_folder(folder.path()).args(policy.words());
    let nowhere = nowhere
        .args(["--harden", "--no-plugin", "-o", "no/such/folder", &url])
        .end();
    assert!(sentence(&nowhere, 23).contains("No such file"), "{}", nowhere.stderr);
}

#[test]
fn files_by_url_are_those_that_are_named() {
    if !is_there() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (named, other) = (folder.path().join("a b"), folder.path().join("other"));
    fs::write(&named, "named").unwrap();
    fs::write(&other, "other").unwrap();
    let elsewhere = format!("file://{}", other.display());
    let origin = http::serve(move |_| Response::redirect(302, &elsewhere)).unwrap();
    let port = origin.address().port();
    let policy = PolicyFile::of(&format!(
        "schemes = [\"file\", \"http\"]\nports = [{port}]\nallow = [\"127.0.0.1/32\"]"
    ));
    let fetch = |ours: &[&str], words: &[&str]| -> Ended {
        let run = Transferhost::run().args(policy.words()).args(ours);
        run.arg("--no-plugin").args(words).end()
    };
    let url = format!("file://{}/a%20b", folder.path().display());
    assert_eq!(fetch(&[], &[&url]).text(), "named");
    let redirected = ["-L", &origin.url("/")];
    let closed = fetch(&[], &redirected);
    assert_eq!(
        (closed.code(), closed.text().as_str()),
        (Some(37), ""),
        "{}",
        closed.stderr
    );
    assert_eq!(fetch(&["--no-harden"], &redirected).text(), "other");
}

/// libcurl listens for the data's connection.
#[test]
fn active_ftp_is_open_where_it_is_asked_for() {
    if !is_there() {
        return;
    }
    let server = Ftp::serve([("/file", b"body".to_vec())]).unwrap();
    for active in [&[][..], &["-P", "-"]] {
        let run = Transferhost::run().args(["--harden", "--no-plugin"]).args(active);
        let ended = run.arg(server.url("/file")).end();
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "body"),
            "{}",
            ended.stderr
        );
    }
    let active = server.commands().iter().filter(|it| it.starts_with("EPRT")).count();
    assert_eq!(active, 1);
}
