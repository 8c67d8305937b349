//! Hosts verified by libcurl alone: no plugin, or one that has no say.

use std::fs;

use transferhost_tests::command::Transferhost;
use transferhost_tests::running::Ended;

use super::sentence::sentence;
use super::{Bed, answering, by, came, example, not_verified};

/// Refused in one sentence, of which a part is given, and nothing was dialled.
fn not_begun(bed: &Bed, before: &[&str], after: &[&str], part: &str) {
    let accepted = bed.sshd.accepted();
    let ended = Transferhost::run()
        .args(before)
        .args(after)
        .args(bed.sshd.login())
        .args(["-sS", &bed.sshd.url("sftp", "served")])
        .end();
    let said = sentence(&ended, 2);
    assert!(said.contains(part), "{said}");
    assert_eq!(
        (ended.text().as_str(), bed.sshd.accepted()),
        ("", accepted),
        "{before:?}"
    );
}

#[test]
fn no_file_is_no_transfer() {
    let Some(bed) = Bed::new() else { return };
    let (set, guest) = answering("fine");
    let pass = example("pass");
    for before in [
        &["--no-plugin"][..],
        // What is not asked cannot verify.
        &[&pass],
        &["--set", &set, "--without", "ssh-key", &guest],
    ] {
        not_begun(&bed, before, &[], "known_hosts");
    }
    for scheme in ["sftp", "scp"] {
        let ended = bed.fetch(scheme, &["--no-plugin"], &[""; 0]);
        assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
    }
    assert_eq!(bed.sshd.accepted(), 0);
}

#[test]
fn a_file_decides() {
    let Some(bed) = Bed::new() else { return };
    let (line, (other, _)) = (bed.line(), bed.other_line());
    let (set, guest) = answering("reject");
    let pass = example("pass");
    for before in [
        &["--no-plugin"][..],
        &[&pass],
        &["--set", &set, "--without", "ssh-key", &guest],
    ] {
        came(&bed.fetch("sftp", before, &by(&bed.known(&[&line]))));
        not_verified(&bed.fetch("sftp", before, &by(&bed.known(&[&other]))));
        not_verified(&bed.fetch("sftp", before, &by(&bed.known(&[]))));
        let [flag, nowhere] = by(&bed.folder.path().join("nowhere"));
        not_begun(&bed, before, &[&flag, &nowhere], "nowhere");
    }
}

#[test]
fn the_users_own_file_is_found() {
    let Some(bed) = Bed::new() else { return };
    let home = bed.folder.path();
    fs::create_dir(home.join(".ssh")).unwrap();
    let fetch = || -> Ended {
        Transferhost::run()
            .env("HOME", home)
            .args(["--outcome", "-", "--no-plugin"])
            .args(bed.sshd.login())
            .args(["-sS", &bed.sshd.url("sftp", "served")])
            .end()
    };
    fs::write(home.join(".ssh/known_hosts"), bed.line()).unwrap();
    came(&fetch());
    fs::write(home.join(".ssh/known_hosts"), bed.other_line().0).unwrap();
    not_verified(&fetch());
}

#[test]
fn insecure_is_any_host() {
    let Some(bed) = Bed::new() else { return };
    let (other, _) = bed.other_line();
    let [flag, file] = by(&bed.known(&[&other]));
    let pass = example("pass");
    for before in ["--no-plugin", &pass] {
        came(&bed.fetch("sftp", &[before], &["-k"]));
        came(&bed.fetch("sftp", &[before], &["-k", &flag, &file]));
    }
    assert_eq!(fs::read_to_string(file).unwrap(), other);
}

#[test]
fn a_digest_decides() {
    let Some(bed) = Bed::new() else { return };
    let right = bed.sshd.key().sha256().unwrap();
    let wrong = bed.sshd.other_key("ed25519").unwrap().sha256().unwrap();
    for digest in [right.clone(), format!("{right}=")] {
        came(&bed.fetch("sftp", &["--no-plugin"], &["--hostpubsha256", &digest]));
    }
    for scheme in ["sftp", "scp"] {
        came(&bed.fetch(scheme, &["--no-plugin"], &["--hostpubsha256", &right]));
        not_verified(&bed.fetch(scheme, &["--no-plugin"], &["--hostpubsha256", &wrong]));
    }
    // It decides alone.
    let [flag, file] = by(&bed.known(&[&bed.line()]));
    not_verified(&bed.fetch("sftp", &["--no-plugin"], &["--hostpubsha256", &wrong, &flag, &file]));
}

#[test]
fn a_digest_and_a_guest_exclude_each_other() {
    let Some(bed) = Bed::new() else { return };
    let right = bed.sshd.key().sha256().unwrap();
    let (set, guest) = answering("fine");
    let before = ["--set", &set, &guest];
    let after = ["--hostpubsha256", &right];
    not_begun(&bed, &before, &after, "leave out one of them");
    // One that is not asked excludes nothing.
    let without = ["--set", &set, "--without", "ssh-key", &guest];
    came(&bed.fetch("sftp", &without, &after));
}
