//! Uploads over FTP: what `read` sends is stored, and what resumes is appended.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::ftp::Ftp;
use transferhost_tests::guests::guest;
use transferhost_tests::outcome;
use transferhost_tests::reference::Same;
use transferhost_tests::running::Ended;

use super::scripted::{ALL, Scripted};

fn put(plugin: &std::path::Path, ours: &[&str], curls: &[&str], url: &str) -> (Ended, serde_json::Value) {
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .args(ours)
        .arg(plugin)
        .args(["-sS", "-T", "-"])
        .args(curls)
        .arg(url)
        .input("not asked for")
        .end();
    let told = outcome::of(&ended);
    (ended, told)
}

#[test]
fn what_read_sends_is_stored() {
    let server = Ftp::serve([]).unwrap();
    let every: Vec<u8> = (0..=255).collect();
    let pause = format!(
        "(if (result i32) (i32.and (global.get $calls) (i32.const 1))
          (then (call $pause (i32.const 1))) (else {ALL}))"
    );
    for (path, answer) in [("/sent", ALL), ("/paused", &pause)] {
        for ours in [&[][..], &["--upload-size", "256"]] {
            let (ended, _) = put(Scripted::read(&every, answer).path(), ours, &[], &server.url(path));
            assert_eq!(ended.code(), Some(0), "{path} {ours:?}: {}", ended.stderr);
            assert_eq!(server.file(path), Some(every.clone()), "{path} {ours:?}");
        }
    }
    let pass = Scripted::read(b"", "(call $pass)");
    let (ended, _) = put(pass.path(), &[], &[], &server.url("/passed"));
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(server.file("/passed").as_deref(), Some(&b"not asked for"[..]));
    let (ended, _) = put(
        &guest("upload-generator"),
        &["--set", "size=1m"],
        &[],
        &server.url("/large"),
    );
    assert_eq!(
        (ended.code(), server.file("/large").unwrap().len()),
        (Some(0), 1 << 20),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_goes_wrong_has_the_codes_of_http() {
    let server = Ftp::serve([]).unwrap();
    let early = Scripted::read(b"0123456789", ALL);
    let aborts = Scripted::read(b"", "(call $abort)");
    let nothing = Scripted::read(b"", "(call $data (i32.const 0))");
    for (plugin, ours, code, cause) in [
        (early, &["--upload-size", "11"][..], 26, "bad-return"),
        (nothing, &[], 26, "bad-return"),
        (aborts, &[], 42, "guest-abort"),
    ] {
        let (ended, told) = put(plugin.path(), ours, &[], &server.url("/x"));
        assert_eq!(outcome::end(&told), (code, Some(cause)), "{}", ended.stderr);
        assert_eq!(told["abort"]["callback"], "read");
    }
}

#[test]
fn an_upload_resumes_by_appending() {
    let server = Ftp::serve([("/there", b"0123".to_vec())]).unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "0123456789").unwrap();
    let run = Same::new(["-sS", "-C", "4", "-T", &file.to_string_lossy(), &server.url("/there")]).ours();
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    assert_eq!(server.file("/there").as_deref(), Some(&b"0123456789"[..]));

    let seek = |answer| Scripted::new(b"abcdefghij", &[("read", ALL), ("seek", answer)]);
    let moves = "(global.set $at (i32.wrap_i64 (local.get $offset))) (call $verdict (i32.const 0))";
    // libcurl reads and drops where the guest cannot.
    for (answer, path) in [(moves, "/moved"), ("(call $verdict (i32.const 2))", "/dropped")] {
        for (ours, path) in [
            (&[][..], path.to_owned()),
            (&["--upload-size", "10"], format!("{path}-announced")),
        ] {
            let (ended, told) = put(seek(answer).path(), ours, &["-C", "4"], &server.url(&path));
            assert_eq!(
                (ended.code(), outcome::end(&told)),
                (Some(0), (0, None)),
                "{path}: {}",
                ended.stderr
            );
            assert_eq!(server.file(&path).as_deref(), Some(&b"efghij"[..]), "{path}");
            assert_eq!(outcome::calls(&told, "seek"), 1, "{path}");
        }
    }
    assert!(
        server.commands().contains(&"APPE moved".to_owned()),
        "{:?}",
        server.commands()
    );
    for (answer, cause) in [
        ("(call $verdict (i32.const 1))", "refused"),
        ("(call $abort)", "guest-abort"),
    ] {
        let (ended, told) = put(seek(answer).path(), &[], &["-C", "4"], &server.url("/x"));
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(31), (31, Some(cause))),
            "{}",
            ended.stderr
        );
        assert_eq!(told["abort"]["callback"], "seek", "{told}");
    }
    assert_eq!(server.file("/x"), None);
}

/// `-C -`: libcurl asks the server how much it has, and goes on from there.
#[test]
fn an_upload_resumes_where_the_servers_file_ends() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "0123456789").unwrap();
    let file = file.to_string_lossy();
    for (there, path) in [
        (Some("0123"), "/there"),
        (Some("0123456789"), "/whole"),
        (None, "/absent"),
    ] {
        let server = |path| Ftp::serve(there.map(|there| (path, there.as_bytes().to_vec()))).unwrap();
        for (words, input) in [
            (["-sS", "-C", "-", "-T", &*file], ""),
            (["-sS", "-C", "-", "-T", "-"], "0123456789"),
        ] {
            // Each has a server of its own, since the first would leave nothing to the second.
            let (ours, curls) = (server(path), server(path));
            let run = |server: &Ftp| {
                let url = server.url(path);
                Same::new(words.into_iter().chain([url.as_str()])).input(input)
            };
            let (ended, reference) = (run(&ours).ours(), run(&curls).curls());
            assert_eq!(
                ended.code(),
                reference.code(),
                "{path}: {} {}",
                ended.stderr,
                reference.stderr
            );
            assert_eq!(ended.code(), Some(0), "{path}: {}", ended.stderr);
            assert_eq!(ours.file(path).as_deref(), Some(&b"0123456789"[..]), "{path}");
            assert_eq!(curls.file(path), ours.file(path), "{path}");
            let asked = |server: &Ftp| {
                server
                    .commands()
                    .into_iter()
                    .filter(|it| it.starts_with("SIZE"))
                    .count()
            };
            assert_eq!(asked(&ours), asked(&curls), "{path}");
            assert_eq!(asked(&ours), 1, "{path}");
        }
    }
}
