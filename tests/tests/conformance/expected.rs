//! What must come out: a row a callback, a column a fate.

use std::path::PathBuf;

use transferhost::Callback;
use transferhost_tests::guests;

use crate::errand::Errand;

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
    /// An attack that its settings make harmless, or that comes to nothing.
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
    /// The transfer that it is called in.
    pub(crate) errand: Errand,
    ok: Guest,
    refuse: Result<Guest, &'static str>,
}

const EDIT: &[(&str, &str)] = &[("set.X-Team", "blue")];
const YES: &[(&str, &str)] = &[("answer", "yes")];
/// It exports whatever has no answer but to go on.
const MEDDLER: Guest = Guest::Tamed("meddler", &[]);
const GOES_ON: &str = "it goes on or aborts";

/// Each callback has a row here, or it does not compile.
pub(crate) fn row(callback: Callback) -> Row {
    use Guest::{Example, Tamed};
    let refusal = Ok(Guest::Attack(format!("refuse-{callback}")));
    let finishes = Err("`finish` ends it as a success; what says no is an abort");
    let (code, errand, ok, refuse) = match callback {
        Callback::Start => (42, Errand::Fetch, Example("header-editor", EDIT), Err(GOES_ON)),
        Callback::Timer => (42, Errand::Fetch, MEDDLER, Err(GOES_ON)),
        Callback::Opensocket => (
            7,
            Errand::Fetch,
            Tamed("connect-elsewhere", &[("to", "ORIGIN")]),
            Ok(Example("ssrf-guard", &[])),
        ),
        Callback::Sockopt => (42, Errand::Fetch, Tamed("refuse-sockopt", YES), refusal),
        Callback::Socket => (42, Errand::Fetch, MEDDLER, Err(GOES_ON)),
        Callback::SshKey => (60, Errand::Fetch, Tamed("refuse-ssh-key", YES), refusal),
        Callback::Debug => (42, Errand::Fetch, MEDDLER, Err(GOES_ON)),
        Callback::Read => (
            42,
            Errand::Bring,
            Tamed("read-beyond", &[("bytes", "5")]),
            Err("`eof` ends the upload, not the transfer; what says no is an abort"),
        ),
        Callback::Seek => (65, Errand::BringMoved, Tamed("refuse-seek", YES), refusal),
        Callback::Ioctl => (65, Errand::BringMoved, Tamed("refuse-ioctl", YES), refusal),
        Callback::Xferinfo => (42, Errand::Fetch, Example("print-progress", &[]), Err(GOES_ON)),
        Callback::Progress => (42, Errand::Fetch, MEDDLER, Err(GOES_ON)),
        Callback::Header => (
            23,
            Errand::Fetch,
            Example("headers-to-stderr", &[]),
            Err("a line that is dropped is only not shown; what says no is an abort"),
        ),
        Callback::Redirect => (42, Errand::FetchMoved, MEDDLER, finishes),
        Callback::Write => (23, Errand::Fetch, Example("pass", &[]), finishes),
        Callback::WriteEnd => (
            23,
            Errand::Fetch,
            Example("redactor", &[]),
            Err("it returns the last bytes or aborts"),
        ),
        Callback::Closesocket => (42, Errand::Fetch, MEDDLER, Err(GOES_ON)),
        Callback::Done => (42, Errand::Fetch, Example("header-editor", EDIT), Err(GOES_ON)),
    };
    Row {
        code,
        errand,
        ok,
        refuse,
    }
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
