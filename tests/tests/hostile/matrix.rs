//! What a guest can do in any callback, done in each: one component that exports them all, and all but one taken from it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use transferhost::Callback;
use transferhost_tests::guests;
use transferhost_tests::table::code;

use crate::attacks::Attack;
use crate::expected::{End, Expected, Given, in_callback};
use crate::made::Core;

/// One attack, in every callback where it can be made.
pub(crate) struct Everywhere {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// The cause; none where nothing is to be got.
    pub(crate) cause: Option<&'static str>,
    given: Given,
    path: PathBuf,
    told: Option<&'static str>,
    only: &'static [Callback],
}

/// What is told to `anywhere`: its name, what it does, the cause, and what is given.
const TOLD: [(&str, &str, Option<&str>, Given); 15] = [
    ("stack", "Calls itself without end", Some("stack"), Given::Nothing),
    (
        "loop",
        "Loops without end, with less fuel for the transfer than for a call",
        Some("out-of-fuel-total"),
        Given::LittleFuel,
    ),
    (
        "doze",
        "Sleeps for 1 ms, without end",
        Some("deadline"),
        Given::LittleTime,
    ),
    ("handles", "Makes handles without end", Some("handles"), Given::Nothing),
    (
        "reason",
        "Aborts with a reason of 17 MiB",
        Some("returned-too-much"),
        Given::Nothing,
    ),
    (
        "argument",
        "Passes 17 MiB to an import",
        Some("returned-too-much"),
        Given::Nothing,
    ),
    (
        "arguments",
        "Passes 1 MiB to an import, without end",
        Some("returned-too-much"),
        Given::Nothing,
    ),
    (
        "arguments-of-getinfo",
        "Passes 1 MiB as a name of `getinfo`, without end",
        Some("returned-too-much"),
        Given::Nothing,
    ),
    (
        "arguments-of-net",
        "Passes addresses of 1 MiB to `net`, without end",
        Some("returned-too-much"),
        Given::Nothing,
    ),
    (
        "argument-and-reason",
        "Passes 9 MiB to an import, and aborts with as much",
        Some("returned-too-much"),
        Given::Nothing,
    ),
    (
        "print",
        "Prints empty lines without end",
        Some("printed-too-much"),
        Given::Nothing,
    ),
    ("exit", "Exits with the code of a success", Some("exit"), Given::Nothing),
    (
        "reason-not-utf8",
        "Aborts with a reason that is not UTF-8",
        Some("bad-return"),
        Given::Nothing,
    ),
    (
        "argument-not-utf8",
        "Passes what is not UTF-8 to an import",
        Some("bad-return"),
        Given::Nothing,
    ),
    (
        "questions",
        "Asks `getinfo` for names that are none, and `net` about addresses that are none",
        None,
        Given::Nothing,
    ),
];

/// Those whose answer has cases, or whose arguments are written into the guest's memory.
const CASES: &[Callback] = &[
    Callback::Opensocket,
    Callback::Sockopt,
    Callback::Read,
    Callback::Seek,
    Callback::Ioctl,
    Callback::Header,
    Callback::Redirect,
    Callback::Write,
];
const WRITTEN: &[Callback] = &[
    Callback::Opensocket,
    Callback::Debug,
    Callback::Header,
    Callback::Redirect,
    Callback::Write,
    Callback::Done,
];

/// All of them; components that are made are put into `folder`.
pub(crate) fn all(folder: &Path) -> Vec<Everywhere> {
    let anywhere = guests::hostile("anywhere");
    let told = TOLD.into_iter().map(|(name, what, cause, given)| Everywhere {
        name,
        what,
        cause,
        given,
        path: anywhere.clone(),
        told: Some(name),
        only: &Callback::ALL,
    });
    let made = made().into_iter().map(|(name, what, cause, only, core)| {
        let path = folder.join(format!("{name}.wasm"));
        fs::write(&path, core.component()).expect("a temporary folder can be written");
        Everywhere {
            name,
            what,
            cause: Some(cause),
            given: Given::Nothing,
            path,
            told: None,
            only,
        }
    });
    told.chain(made).collect()
}

type Made = (
    &'static str,
    &'static str,
    &'static str,
    &'static [Callback],
    Core<'static>,
);

fn made() -> Vec<Made> {
    let core = Core::default();
    let bad = |name, what, has, answer| {
        let core = Core { has, answer, ..core };
        (name, what, "bad-return", Callback::ALL.as_slice(), core)
    };
    vec![
        (
            "table",
            "Grows a table until it is refused",
            "table",
            &Callback::ALL,
            Core {
                has: "(table $t 1 funcref)",
                answer: "(loop $again (br_if $again
                    (i32.ge_s (table.grow $t (ref.null func) (i32.const 65536)) (i32.const 0)))) i32.const 16",
                ..core
            },
        ),
        bad(
            "neither",
            "Answers neither ok nor err",
            r#"(data (i32.const 64) "\02")"#,
            "i32.const 64",
        ),
        bad("outside", "Answers from beyond its memory", "", "i32.const -16"),
        bad("unaligned", "Answers from an odd address", "", "i32.const 65"),
        bad(
            "words-outside",
            "Aborts with words beyond its memory",
            r#"(data (i32.const 64) "\01\00\00\00\00\00\00\10\10")"#,
            "i32.const 64",
        ),
        bad(
            "words-endless",
            "Aborts with 4 GiB of words, less a byte",
            r#"(data (i32.const 64) "\01\00\00\00\20\00\00\00\ff\ff\ff\ff")"#,
            "i32.const 64",
        ),
        (
            "no-case",
            "Answers a case that there is not",
            "bad-return",
            CASES,
            Core {
                has: r#"(data (i32.const 64) "\00\00\00\00\09")"#,
                answer: "i32.const 64",
                ..core
            },
        ),
        (
            "nowhere",
            "Tells the host to write beyond its memory",
            "bad-return",
            WRITTEN,
            Core {
                realloc: "i32.const -16",
                ..core
            },
        ),
        (
            "trap-after",
            "Traps when the host has read its answer",
            "trap",
            &Callback::ALL,
            Core {
                post: "unreachable",
                ..core
            },
        ),
        (
            "loop-after",
            "Loops without end when the host has read its answer",
            "out-of-fuel",
            &Callback::ALL,
            Core {
                post: "(loop $again br $again)",
                ..core
            },
        ),
    ]
}

impl Everywhere {
    /// It in each callback where it can be made.
    pub(crate) fn attacks(&self) -> impl Iterator<Item = (Callback, Attack)> {
        self.only.iter().filter_map(|callback| {
            let expected = in_callback(callback.name(), self.cause.unwrap_or_default(), self.given)?;
            let end = if self.cause.is_some() { expected.end } else { End::Well };
            let attack = Attack {
                name: format!("{} in {callback}", self.name),
                path: self.path.clone(),
                what: self.what.to_owned(),
                expected: Expected { end, ..expected },
                told: self.told,
                only: Some(*callback),
            };
            Some((*callback, attack))
        })
    }
}

/// Callbacks by what an attack in them ended in.
#[derive(Default)]
pub(crate) struct Ends(BTreeMap<u32, Vec<String>>);

impl Ends {
    pub(crate) fn add(&mut self, callback: Callback, attack: &Attack) {
        self.0
            .entry(attack.expected.end.code())
            .or_default()
            .push(code(callback.name()));
    }

    pub(crate) fn shown(&self) -> String {
        let ends = self
            .0
            .iter()
            .map(|(code, callbacks)| format!("{code}: {}", callbacks.join(" ")));
        ends.collect::<Vec<_>>().join("; ")
    }
}
