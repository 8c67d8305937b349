//! The sentences of outcomes: each says what, where, how far, and what would help.

use transferhost::{Blame, Callback, Cause, limits};
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::hostile;
use transferhost_tests::http::{self, Response};
use transferhost_tests::table::{Section, Table, code};

/// The flag that a sentence offers, where it does.
fn raised_with(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("raise with --")?;
    Some(rest.trim_end_matches(')'))
}

/// Whether there is such a flag, and such a limit.
fn is_a_flag(flag: &str) -> bool {
    match flag.split_once(' ') {
        Some(("limit", key)) => limits::find(key).is_some(),
        Some(_) => false,
        None => limits::ROWS.iter().any(|row| row.flag == Some(&*format!("--{flag}"))),
    }
}

#[test]
fn each_says_what_where_how_far_and_what_would_help() {
    let limited = [
        Cause::OutOfFuel,
        Cause::OutOfFuelTotal,
        Cause::Memory,
        Cause::Table,
        Cause::Instances,
        Cause::Handles,
        Cause::ReturnedTooMuch,
        Cause::PrintedTooMuch,
        Cause::PauseBudget,
    ];
    for callback in Callback::ALL {
        for message in transferhost::testing::messages(Some(callback)) {
            let (text, cause) = (message.text, message.cause);
            // What ends a transfer for its size is not of a callback.
            let of_size = cause == Cause::Policy && text.contains("raise with");
            if cause != Cause::Sink && !of_size {
                assert!(text.starts_with(&format!("{callback}: ")), "{text}");
            }
            if cause.blame() == Blame::Guest {
                assert!(text.contains("plugin.wasm"), "{text}");
                // Its own words are told as they are.
                let told = matches!(cause, Cause::Refused | Cause::GuestAbort);
                assert_eq!(text.contains("after 4096 bytes"), !told, "{text}");
            }
            assert!(raised_with(&text).is_some() || !limited.contains(&cause), "{text}");
            assert!(raised_with(&text).is_none_or(is_a_flag), "{text}");
            assert!(!text.contains('\n') && !text.contains("  "), "{text}");
        }
    }
    for message in transferhost::testing::messages(None) {
        let making = message.text.contains("when it was instantiated");
        let of_guest = message.cause.blame() == Blame::Guest && message.cause != Cause::PauseBudget;
        assert_eq!(making, of_guest, "{}", message.text);
    }
}

#[test]
fn the_page_has_them_all() {
    let mut table = Table::new(["cause", "sentence"]);
    for message in transferhost::testing::messages(Some(Callback::Write)) {
        table.row([code(message.cause.name()), code(&message.text)]);
    }
    for (cause, text) in transferhost::testing::loading_messages() {
        assert!(raised_with(&text).is_none_or(is_a_flag), "{text}");
        table.row([code(cause.name()), code(&text)]);
    }
    if let Err(differs) = Section::of("messages.md", "messages").settle(table) {
        panic!("{differs}");
    }
}

/// Rust's panic leads through functions of the plugin's own, which its name section names.
#[test]
fn the_guests_frames_are_named() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let run = |words: &[&str]| {
        let run = Transferhost::run().arg(hostile("trap-write"));
        run.args(words).arg(origin.url("/")).end()
    };
    let ended = run(&["-v"]);
    assert_eq!(ended.code(), Some(23));
    let ours = |line: &&str| line.starts_with("transferhost: ");
    let lines: Vec<&str> = ended.stderr.lines().filter(ours).collect();
    let [said, frames @ ..] = &lines[..] else {
        panic!("{}", ended.stderr);
    };
    assert!(
        said.starts_with("transferhost: (23) write: trap_write.wasm trapped: "),
        "{said}"
    );
    let named = |line: &&str| {
        line.strip_prefix("transferhost:     at ")
            .is_some_and(|name| !name.is_empty())
    };
    assert!(!frames.is_empty() && frames.iter().all(named), "{frames:?}");
    assert!(
        frames
            .iter()
            .any(|line| line.contains("on-write") || line.contains("on_write")),
        "{frames:?}"
    );
    // Without -v the sentence alone.
    assert_eq!(run(&[]).stderr.lines().filter(|line| !line.contains("%")).count(), 1);
}
