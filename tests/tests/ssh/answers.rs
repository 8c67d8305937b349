//! Each answer, whatever the file of known hosts says: how the transfer ends, and what the file holds afterwards.

use std::fs;

use transferhost_tests::command::Transferhost;
use transferhost_tests::outcome;

use super::{BODY, Bed, by, came, end, not_verified};

const REFUSALS: [(&str, &str); 4] = [
    ("reject", "refused"),
    // libcurl 7.88 would ask again, without end.
    ("defer", "refused"),
    ("abort", "guest-abort"),
    ("trap", "trap"),
];

/// Tries every answer on a file of known hosts that holds this before; `after` tells what it holds then.
fn all_answers(bed: &Bed, before: Option<&str>, after: impl Fn(&str) -> Option<String>) {
    let file = bed.folder.path().join("known_hosts");
    let set = || match before {
        Some(before) => fs::write(&file, before).unwrap(),
        None => drop(fs::remove_file(&file)),
    };
    for answer in ["fine", "fine-add-to-file", "fine-replace"] {
        set();
        let ended = bed.answer(answer, &by(&file));
        came(&ended);
        assert_eq!(outcome::calls(&outcome::of(&ended), "ssh-key"), 1, "{answer}");
        assert_eq!(fs::read_to_string(&file).ok(), after(answer), "{answer}");
        // What was put into the file is what libcurl itself asks for.
        if before != fs::read_to_string(&file).ok().as_deref() {
            came(&bed.fetch("sftp", &["--no-plugin"], &by(&file)));
        }
    }
    for (answer, cause) in REFUSALS {
        set();
        let ended = bed.answer(answer, &by(&file));
        assert_eq!(end(&ended), (60, Some(cause.to_owned())), "{answer}");
        let told = outcome::of(&ended);
        assert_eq!(told["abort"]["callback"], "ssh-key", "{answer}");
        assert_eq!(outcome::calls(&told, "ssh-key"), 1, "{answer}");
        assert!(ended.stderr.contains("(60) ssh-key: ssh_key_answer.wasm "), "{answer}");
        assert_eq!(fs::read_to_string(&file).ok().as_deref(), before, "{answer}");
    }
}

/// libcurl adds the host without its port.
fn added(bed: &Bed) -> String {
    format!("127.0.0.1 {}\n", bed.sshd.key().public())
}

#[test]
fn a_file_that_is_not_there() {
    let Some(bed) = Bed::new() else { return };
    let after = |answer: &str| (answer != "fine").then(|| added(&bed));
    all_answers(&bed, None, after);
}

#[test]
fn a_host_that_is_not_in_the_file() {
    let Some(bed) = Bed::new() else { return };
    let elsewhere = format!("elsewhere.example {}\n", bed.other_line().1.public());
    all_answers(&bed, Some(&elsewhere), |answer| {
        Some(match answer {
            "fine" => elsewhere.clone(),
            _ => elsewhere.clone() + &added(&bed),
        })
    });
}

#[test]
fn a_host_with_the_key_that_is_in_the_file() {
    let Some(bed) = Bed::new() else { return };
    let line = bed.line();
    all_answers(&bed, Some(&line), |_| Some(line.clone()));
}

#[test]
fn a_host_with_another_key_than_in_the_file() {
    let Some(bed) = Bed::new() else { return };
    let (other, _) = bed.other_line();
    all_answers(&bed, Some(&other), |answer| {
        Some(match answer {
            "fine" => other.clone(),
            "fine-add-to-file" => other.clone() + &added(&bed),
            _ => added(&bed),
        })
    });
}

#[test]
fn the_same_over_scp() {
    let Some(bed) = Bed::new() else { return };
    let line = bed.line();
    let (other, _) = bed.other_line();
    for (lines, answer, expected, after) in [
        (&line, "fine", (0, None), line.clone()),
        (&line, "reject", (60, Some("refused")), line.clone()),
        (&other, "fine-replace", (0, None), added(&bed)),
        (&other, "defer", (60, Some("refused")), other.clone()),
        (&other, "abort", (60, Some("guest-abort")), other.clone()),
    ] {
        let file = bed.known(&[lines]);
        let (set, guest) = super::answering(answer);
        let ended = bed.fetch("scp", &["--set", &set, &guest], &by(&file));
        let (code, cause) = end(&ended);
        assert_eq!((code, cause.as_deref()), expected, "{answer}");
        assert_eq!(fs::read_to_string(&file).unwrap(), after, "{answer}");
    }
    came(&bed.fetch("scp", &["--no-plugin"], &by(&bed.known(&[&line]))));
    not_verified(&bed.fetch("scp", &["--no-plugin"], &by(&bed.known(&[&other]))));
}

#[test]
fn a_key_that_changes_while_the_file_stays() {
    let Some(mut bed) = Bed::new() else { return };
    let file = bed.known(&[&bed.line()]);
    came(&bed.fetch("sftp", &["--no-plugin"], &by(&file)));
    bed.sshd.show(bed.sshd.other_key("ed25519").unwrap()).unwrap();
    not_verified(&bed.fetch("sftp", &["--no-plugin"], &by(&file)));
    came(&bed.answer("fine-replace", &by(&file)));
    came(&bed.fetch("sftp", &["--no-plugin"], &by(&file)));
}

#[test]
fn fine_is_no_login() {
    let Some(bed) = Bed::new() else { return };
    let (set, guest) = super::answering("fine");
    let ended = Transferhost::run()
        .args(["--outcome", "-", "--set", &set, &guest, "-sS"])
        .arg(bed.sshd.url("sftp", "served"))
        .end();
    assert_eq!(end(&ended), (67, None), "{}", ended.stderr);
}

#[test]
fn each_connection_is_asked_about() {
    let Some(bed) = Bed::new() else { return };
    let url = bed.sshd.url("sftp", "served");
    let (set, guest) = super::answering("fine");
    let ended = bed.run(&["--set", &set, &guest], &by(&bed.known(&[&bed.line()])), &url);
    came(&ended);
    let twice = bed.run(&["--set", &set, &guest], &["--url", &url], &url);
    assert_eq!((twice.code(), twice.text()), (Some(0), BODY.repeat(2)));
    let asked = twice.stderr.lines().filter(|line| line.contains("; found ")).count();
    assert_eq!((asked, bed.sshd.accepted()), (2, 3), "{}", twice.stderr);
}
