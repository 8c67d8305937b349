//! What a guest is told: what the file says, and both keys as they are.

use transferhost_tests::outcome;

use super::{Bed, by, came};

/// What the guest printed, without its name.
fn told(stderr: &str) -> &str {
    let line = stderr.lines().find(|line| line.contains("; found ")).expect(stderr);
    line.split_once(": ").expect(line).1
}

/// Base64 as the guest prints it, of the host's key file.
fn bare(key: &transferhost_tests::sshd::HostKey) -> &str {
    key.base64().trim_end_matches('=')
}

#[test]
fn both_keys_in_every_type() {
    let Some(mut bed) = Bed::new() else { return };
    for (kind, name) in [("ed25519", "Ed25519"), ("ecdsa", "Ecdsa"), ("rsa", "Rsa")] {
        bed.sshd.show(bed.sshd.other_key(kind).unwrap()).unwrap();
        let other = bed.sshd.other_key(kind).unwrap();
        let shown = format!("{name} {}", bare(bed.sshd.key()));
        let changed = format!("{name} {}", bare(&other));
        for (lines, expected) in [
            (
                vec![bed.sshd.known_line(bed.sshd.key())],
                format!("Match::Ok; known KeyType::{shown}; found KeyType::{shown}"),
            ),
            (
                vec![bed.sshd.known_line(&other)],
                format!("Match::Mismatch; known KeyType::{changed}; found KeyType::{shown}"),
            ),
            (vec![], format!("Match::Missing; known none; found KeyType::{shown}")),
        ] {
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            let ended = bed.answer("fine", &by(&bed.known(&lines)));
            came(&ended);
            assert_eq!(told(&ended.stderr), expected);
        }
    }
}

#[test]
fn without_a_file_every_host_is_missing() {
    let Some(bed) = Bed::new() else { return };
    // There is nothing to add it to, which is no failure.
    for answer in ["fine", "fine-add-to-file", "fine-replace"] {
        let ended = bed.answer(answer, &[""; 0]);
        came(&ended);
        assert!(
            told(&ended.stderr).starts_with("Match::Missing; known none; "),
            "{}",
            ended.stderr
        );
    }
    let ended = bed.answer("reject", &[""; 0]);
    assert_eq!(super::end(&ended), (60, Some("refused".into())));
    assert!(
        std::path::Path::new("/dev/null")
            .metadata()
            .is_ok_and(|it| !it.is_file())
    );
}

#[test]
fn the_guest_is_asked_where_nobody_wants_hosts_verified() {
    let Some(bed) = Bed::new() else { return };
    let (other, _) = bed.other_line();
    let [flag, file] = by(&bed.known(&[&other]));
    for (after, says) in [(vec!["-k"], "Missing"), (vec!["-k", &flag, &file], "Mismatch")] {
        let ended = bed.answer("reject", &after);
        assert_eq!(super::end(&ended), (60, Some("refused".into())));
        assert!(
            told(&ended.stderr).starts_with(&format!("Match::{says}; ")),
            "{}",
            ended.stderr
        );
        assert_eq!(outcome::calls(&outcome::of(&ended), "ssh-key"), 1);
        came(&bed.answer("fine", &after));
    }
}
