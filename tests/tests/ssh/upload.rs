//! Files that go up, whole and in part.

use std::fs;

use transferhost_tests::guests::hostile;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;

use super::{Bed, example, text};

/// 64-bit counters, so that a byte lost, doubled or displaced is seen.
fn counted() -> Vec<u8> {
    (0..40_000_u64).flat_map(u64::to_be_bytes).collect()
}

/// Uploads the counters as `name`, with these flags more.
fn put(bed: &Bed, before: &[&str], after: &[&str], scheme: &str, name: &str) -> Ended {
    let source = bed.folder.path().join("source");
    fs::write(&source, counted()).unwrap();
    let after: Vec<&str> = [after, &["-k", "-T", source.to_str().unwrap()]].concat();
    bed.run(before, &after, &bed.sshd.url(scheme, name))
}

#[test]
fn a_file_goes_up() {
    let Some(bed) = Bed::new() else { return };
    let pin = example("ssh-key-pin");
    let set = format!("sha256={}", bed.sshd.key().sha256().unwrap());
    for scheme in ["sftp", "scp"] {
        for (name, before) in [("plain", &["--no-plugin"][..]), ("pinned", &["--set", &set, &pin])] {
            let ended = put(&bed, before, &[], scheme, name);
            assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
            assert!(fs::read(bed.sshd.file(name)).unwrap() == counted(), "{scheme}, {name}");
            fs::remove_file(bed.sshd.file(name)).unwrap();
        }
    }
}

/// The key is judged before the file is made.
#[test]
fn nothing_goes_up_to_the_wrong_host() {
    let Some(bed) = Bed::new() else { return };
    let pin = example("ssh-key-pin");
    let other = bed.sshd.other_key("ed25519").unwrap();
    let set = format!("sha256={}", other.sha256().unwrap());
    for scheme in ["sftp", "scp"] {
        let ended = put(&bed, &["--set", &set, &pin], &[], scheme, "never");
        assert_eq!(ended.code(), Some(60), "{}", ended.stderr);
        assert!(!bed.sshd.file("never").exists());
    }
}

#[test]
fn an_upload_resumes_where_its_source_can() {
    let Some(bed) = Bed::new() else { return };
    let refuse = text(&hostile("refuse-seek"));
    let begun = &counted()[..100_003];
    for (before, expected) in [
        (&["--no-plugin"][..], (0, None)),
        (&["--set", "answer=yes", &refuse], (0, None)),
        (&[&refuse], (31, Some("refused"))),
        (&[&text(&hostile("abort-seek"))], (31, Some("guest-abort"))),
    ] {
        fs::write(bed.sshd.file("partial"), begun).unwrap();
        let ended = put(&bed, before, &["-C", "100003"], "sftp", "partial");
        let told = outcome::of(&ended);
        assert_eq!(outcome::end(&told), expected, "{before:?}: {}", ended.stderr);
        let there = fs::read(bed.sshd.file("partial")).unwrap();
        let whole = counted();
        let right = if expected.0 == 0 { &whole[..] } else { begun };
        assert!(there == right, "{before:?}: {} bytes", there.len());
        if before.len() != 1 || before[0] != "--no-plugin" {
            assert_eq!(outcome::calls(&told, "seek"), 1, "{before:?}");
        }
    }
}
