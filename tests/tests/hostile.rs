//! Every attack of `guest-examples/hostile` ends in its code and cause, and harms nobody else.

#[path = "hostile/attacks.rs"]
mod attacks;
#[path = "hostile/command.rs"]
mod command;
#[path = "conformance/errand.rs"]
mod errand;
#[path = "hostile/expected.rs"]
mod expected;
#[path = "hostile/heavy.rs"]
mod heavy;
#[path = "hostile/imports.rs"]
mod imports;
#[path = "hostile/lent.rs"]
mod lent;
#[path = "hostile/library.rs"]
mod library;
#[path = "hostile/made.rs"]
mod made;
#[path = "hostile/matrix.rs"]
mod matrix;
#[path = "hostile/site.rs"]
mod site;
#[path = "conformance/watched.rs"]
mod watched;

use transferhost::Callback;
use transferhost_tests::table::{Section, Table, code};

#[test]
fn every_attack_ends_in_its_code_and_cause() {
    let folder = tempfile::tempdir().unwrap();
    let site = site::Site::new(folder.path());
    let mut table = Table::new(["attack", "what it does", "exit code", "cause", "message"]);
    let mut wrong = Vec::new();
    for attack in attacks::all(folder.path()) {
        let run = command::Run::of(&attack, &site);
        if let Err(why) = run.check(&attack) {
            wrong.push(format!("{}: {why}", attack.name));
        }
        let cause = match (attack.expected.end, run.cause()) {
            (_, Some(cause)) => code(&cause),
            (expected::End::NotLoaded(_), None) => "not loaded".to_owned(),
            (_, None) => "none".to_owned(),
        };
        let message = run.message().map_or_else(String::new, |message| code(&message));
        table.row([code(&attack.name), attack.what, run.code(), cause, message]);
    }
    wrong.extend(site.complaints());
    // What is wrong must not get into the documentation.
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let settled = Section::of("hostile.md", "attacks").settle(table);
    settled.unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn what_can_be_done_anywhere_ends_well_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let site = site::Site::new(folder.path());
    let crowd = library::Crowd::new(&site);
    let mut table = Table::new([
        "attack",
        "what it does",
        "cause",
        "exit code, by callback",
        "message in `write`",
    ]);
    let mut wrong = Vec::new();
    for everywhere in matrix::all(folder.path()) {
        let mut ends = matrix::Ends::default();
        let mut message = None;
        for (callback, attack) in everywhere.attacks() {
            let mut met = crowd.attack(&attack).and_then(|()| crowd.behave(&attack));
            if callback == Callback::Write {
                let run = command::Run::of(&attack, &site);
                met = met.and_then(|()| run.check(&attack));
                message = run.message();
            }
            match met {
                Ok(()) => ends.add(callback, &attack),
                Err(why) => wrong.push(format!("{}: {why}", attack.name)),
            }
        }
        let cause = everywhere.cause.map_or_else(|| "none".to_owned(), code);
        let message = message.map_or_else(String::new, |message| code(&message));
        table.row([
            code(everywhere.name),
            everywhere.what.to_owned(),
            cause,
            ends.shown(),
            message,
        ]);
    }
    wrong.extend(site.complaints());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let settled = Section::of("hostile.md", "anywhere").settle(table);
    settled.unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn the_process_is_unharmed() {
    let folder = tempfile::tempdir().unwrap();
    let site = site::Site::new(folder.path());
    let crowd = library::Crowd::new(&site);
    let mut wrong = Vec::new();
    for attack in attacks::all(folder.path()) {
        if let Err(why) = crowd.attack(&attack).and_then(|()| crowd.behave(&attack)) {
            wrong.push(format!("{}: {why}", attack.name));
        }
    }
    wrong.extend(site.complaints());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a call passes is one sum: each function that takes a text or a list counts it. One that is new is written here when
/// it does, and an attack tries it.
#[test]
fn every_import_that_takes_much_is_known() {
    let counted = [
        "net.classify",
        "net.to-text",
        "request.[method]request.remove-header",
        "request.[method]request.set-header",
        "store.get",
        "transfer.getinfo",
    ];
    assert_eq!(imports::taking_much(), counted);
}
