//! What must come out: a row a callback, a column a fate.

use std::path::PathBuf;

use transferhost::Callback;
use transferhost_tests::guests;

/// What befalls a call of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Ok,
    Refuse,
    Abort,
    Trap,
    OutOfFuel,
    Deadline,
    Memory,
    HostPanic,
}

impl Fate {
    pub(crate) const ALL: [Fate; 8] = [
        Fate::Ok,
        Fate::Refuse,
        Fate::Abort,
        Fate::Trap,
        Fate::OutOfFuel,
        Fate::Deadline,
        Fate::Memory,
        Fate::HostPanic,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Fate::Ok => "ok",
            Fate::Refuse => "refuse",
            Fate::Abort => "abort",
            Fate::Trap => "trap",
            Fate::OutOfFuel => "out of fuel",
            Fate::Deadline => "deadline",
            Fate::Memory => "memory",
            Fate::HostPanic => "host panic",
        }
    }

    /// Whether it ends the transfer at once, whatever the callback; after a refusal libcurl may have something else to try.
    pub(crate) fn is_an_end(self) -> bool {
        !matches!(self, Fate::Ok | Fate::Refuse)
    }

    /// The cause in the outcome; none where all went well.
    pub(crate) fn cause(self) -> Option<&'static str> {
        match self {
            Fate::Ok => None,
            Fate::Refuse => Some("refused"),
            Fate::Abort => Some("guest-abort"),
            Fate::Trap => Some("trap"),
            Fate::OutOfFuel => Some("out-of-fuel"),
            Fate::Deadline => Some("deadline"),
            Fate::Memory => Some("memory"),
            Fate::HostPanic => Some("host-panic"),
        }
    }
}

/// A guest that a fate befalls.
#[derive(Clone, Debug)]
pub(crate) enum Guest {
    /// One of the examples, with its settings; `ORIGIN` in one stands for the origin's address.
    Example(&'static str, &'static [(&'static str, &'static str)]),
    /// One of the attacks.
    Attack(String),
    /// An attack whose settings make it harmless.
    Tamed(&'static str, &'static [(&'static str, &'static str)]),
}

impl Guest {
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Guest::Example(name, _) => guests::guest(name),
            Guest::Attack(name) => guests::hostile(name),
            Guest::Tamed(name, _) => guests::hostile(name),
        }
    }

    pub(crate) fn settings(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Guest::Example(_, settings) | Guest::Tamed(_, settings) => settings,
            Guest::Attack(_) => &[],
        }
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Guest::Example(name, _) | Guest::Tamed(name, _) => format!("`{name}`"),
            Guest::Attack(name) => format!("`{name}`"),
        }
    }
}

/// A callback's row.
pub(crate) struct Row {
    /// The CURLcode that its page in `wit/` gives for an abort, and so for whatever else ends it.
    pub(crate) code: u32,
    ok: Guest,
    refuse: Result<Guest, &'static str>,
}

/// Each callback has a row here, or it does not compile.
pub(crate) fn row(callback: Callback) -> Option<Row> {
    let edit: &[_] = &[("set.X-Team", "blue")];
    Some(match callback {
        Callback::Start => Row {
            code: 42,
            ok: Guest::Example("header-editor", edit),
            refuse: Err("it goes on or aborts"),
        },
        Callback::Opensocket => Row {
            code: 7,
            ok: Guest::Tamed("connect-elsewhere", &[("to", "ORIGIN")]),
            refuse: Ok(Guest::Example("ssrf-guard", &[])),
        },
        Callback::Xferinfo => Row {
            code: 42,
            ok: Guest::Example("print-progress", &[]),
            refuse: Err("it goes on or aborts"),
        },
        Callback::Header => Row {
            code: 23,
            ok: Guest::Example("headers-to-stderr", &[]),
            refuse: Err("a line that is dropped is only not shown; what says no is an abort"),
        },
        Callback::Write => Row {
            code: 23,
            ok: Guest::Example("pass", &[]),
            refuse: Err("`finish` ends it as a success; what says no is an abort"),
        },
        Callback::WriteEnd => Row {
            code: 23,
            ok: Guest::Example("redactor", &[]),
            refuse: Err("it returns the last bytes or aborts"),
        },
        Callback::Done => Row {
            code: 42,
            ok: Guest::Example("header-editor", edit),
            refuse: Err("it goes on or aborts"),
        },
        // The caller's own upload: no guest is asked, so no plugin may export them.
        Callback::Read | Callback::Seek => return None,
    })
}

impl Row {
    /// The guest that this fate befalls; or why it cannot.
    pub(crate) fn guest(&self, callback: Callback, fate: Fate) -> Result<Guest, &'static str> {
        let attack = |how: &str| Ok(Guest::Attack(format!("{how}-{callback}")));
        match fate {
            Fate::Ok => Ok(self.ok.clone()),
            Fate::Refuse => self.refuse.clone(),
            // The host panics before it enters the guest: were it entered, the cause would be the guest's.
            Fate::Abort | Fate::HostPanic => attack("abort"),
            Fate::Trap => attack("trap"),
            Fate::OutOfFuel => attack("loop"),
            Fate::Deadline => attack("sleep"),
            Fate::Memory => attack("memory"),
        }
    }
}
