//! How each attack must end. One that is not named here has no expectation, and that fails.

use transferhost::testing::PROPOSAL_SAMPLES;

use crate::errand::Errand;

/// What is done with an attack, and what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) end: End,
    pub(crate) given: Given,
    /// The transfer that it is let loose in.
    pub(crate) errand: Errand,
}

/// How an attack ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing was to be got: the transfer ends well.
    Well,
    /// The transfer ends with this code.
    Ended {
        callback: &'static str,
        code: u32,
        cause: &'static str,
    },
    /// The file is not even loaded: 2, and these words are in the message.
    NotLoaded(&'static str),
}

/// What an attack is given besides its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Nothing,
    /// Little time for a call: what sleeps is cut.
    LittleTime,
    /// Little fuel for the transfer, less than for a call.
    LittleFuel,
    /// Little that may be sent.
    LittleUpload,
    /// The tenant policy, opened to the origin alone; the guest is told of a listener beside it.
    AnotherListener,
}

impl Given {
    pub(crate) const ALL: [Given; 5] = [
        Given::Nothing,
        Given::LittleTime,
        Given::LittleFuel,
        Given::LittleUpload,
        Given::AnotherListener,
    ];
}

const CALLBACKS: [(&str, u32, Errand); 17] = [
    ("start", 42, Errand::Fetch),
    ("timer", 42, Errand::Fetch),
    ("opensocket", 7, Errand::Fetch),
    ("sockopt", 42, Errand::Fetch),
    ("socket", 42, Errand::Fetch),
    ("debug", 42, Errand::Fetch),
    ("read", 42, Errand::Bring),
    ("seek", 65, Errand::BringMoved),
    ("ioctl", 65, Errand::BringMoved),
    ("xferinfo", 42, Errand::Fetch),
    ("progress", 42, Errand::Fetch),
    ("header", 23, Errand::Fetch),
    ("redirect", 42, Errand::FetchMoved),
    ("write", 23, Errand::Fetch),
    ("write-end", 23, Errand::Fetch),
    ("closesocket", 42, Errand::Fetch),
    ("done", 42, Errand::Fetch),
];

/// What is expected of an attack by its file's name.
pub(crate) fn of(name: &str) -> Option<Expected> {
    if let Some(expected) = in_a_callback(name) {
        return Some(expected);
    }
    let given = match name {
        "connect-elsewhere" => Given::AnotherListener,
        "read-endless" => Given::LittleUpload,
        _ => Given::Nothing,
    };
    let errand = match name {
        "pause-read" | "read-beyond" | "read-nothing" | "read-endless" | "read-4-gib" => Errand::Bring,
        "meddler" => Errand::BringMoved,
        _ => Errand::Fetch,
    };
    let in_write = |cause| ended("write", 23, cause);
    let end = match name {
        "recursion" => in_write("stack"),
        "memory-bomb" | "many-memories" => in_write("memory"),
        "panic" => in_write("trap"),
        "exit" => in_write("exit"),
        "huge-replace" => in_write("returned-too-much"),
        "huge-reason" | "terminal-reason" => in_write("guest-abort"),
        "print-flood" => in_write("printed-too-much"),
        "pause-for-ever" | "pause-long" => ended("write", 28, "pause-budget"),
        "finish-beyond" => in_write("bad-return"),
        "handles" => in_write("handles"),
        // The host refuses in words that have no type of their own.
        "random-flood" => in_write("bad-return"),
        "table-bomb" => in_write("table"),
        "bad-address" => ended("opensocket", 7, "bad-return"),
        "connect-elsewhere" => ended("opensocket", 7, "policy"),
        "pause-read" => ended("read", 28, "pause-budget"),
        "read-beyond" | "read-nothing" | "read-4-gib" => ended("read", 26, "bad-return"),
        "read-endless" => ended("read", 63, "policy"),
        "pause-turns" => ended("write", 28, "pause-budget"),
        "pause-grows" => in_write("memory"),
        "keeps-request" | "drops-request-twice" | "forges-request" => ended("start", 42, "bad-return"),
        "keeps-socket" | "drops-socket-twice" => ended("sockopt", 42, "bad-return"),
        "header-smuggler" | "meddler" | "pretender" | "pause-undecided" | "header-forger" | "early" => End::Well,
        "largest" => End::Well,
        "larger" => End::NotLoaded("of --limit component-size"),
        "crowded" => End::NotLoaded("more than the 100 of --limit instances"),
        "functions" => End::NotLoaded("more than 100000 functions"),
        "locals" => End::NotLoaded("more than 1000000 local variables"),
        "branches" => End::NotLoaded("too many branches for its local variables"),
        "long-function" => End::NotLoaded("more than 1048576"),
        "long-text" => End::NotLoaded("that a text may have"),
        "deep-components" => End::NotLoaded("more than 100 levels deep"),
        "deep-types" | "wide-type" => End::NotLoaded("not a valid component"),
        "async-export" => End::NotLoaded("WebAssembly's proposal cm-async, which this host refuses"),
        "subtype-call" => End::NotLoaded("WebAssembly's proposal gc, which this host refuses"),
        "long-name" => End::NotLoaded("does not know"),
        "huge-memory" => End::NotLoaded("instantiated: memory"),
        "loop-instantiate" => End::NotLoaded("instantiated: out-of-fuel"),
        "wrong-type" => End::NotLoaded("has not the type"),
        "wrong-version" => End::NotLoaded("write@0.2.0"),
        "misspelt" => End::NotLoaded("did you mean `opensocket`"),
        "unknown-import" => End::NotLoaded("telemetry"),
        "doubling" => End::NotLoaded("more than 1000000 definitions"),
        "nothing-of-ours" => End::NotLoaded("exports no callback"),
        "core-module" => End::NotLoaded("core module"),
        "empty" => End::NotLoaded("empty"),
        "garbage" => End::NotLoaded("not WebAssembly"),
        "cut-short" => End::NotLoaded("cut short"),
        "truncated" | "bare-header" => End::NotLoaded("not a valid component"),
        "broken-text" => End::NotLoaded("text is not valid"),
        name => End::NotLoaded(PROPOSAL_SAMPLES.iter().find(|sample| sample.name == name)?.said),
    };
    Some(Expected { end, given, errand })
}

/// The ends that can be met in any callback, and a no.
fn in_a_callback(name: &str) -> Option<Expected> {
    let (how, callback) = name.split_once('-')?;
    let cause = match how {
        "abort" => "guest-abort",
        "trap" => "trap",
        "loop" => "out-of-fuel",
        "sleep" => "deadline",
        "memory" => "memory",
        "refuse" => "refused",
        _ => return None,
    };
    let given = match how {
        "sleep" => Given::LittleTime,
        _ => Given::Nothing,
    };
    // Over HTTP nobody asks it.
    if callback == "ssh-key" {
        return Some(Expected {
            end: End::Well,
            given,
            errand: Errand::Fetch,
        });
    }
    in_callback(callback, cause, given)
}

/// What an attack in this callback ends in; `None` where nobody asks it over HTTP.
pub(crate) fn in_callback(callback: &str, cause: &'static str, given: Given) -> Option<Expected> {
    let (callback, code, errand) = CALLBACKS.into_iter().find(|(known, ..)| *known == callback)?;
    // As where libcurl itself finds that it returned what it must not.
    let code = if (callback, cause) == ("read", "bad-return") {
        26
    } else {
        code
    };
    Some(Expected {
        end: ended(callback, code, cause),
        given,
        errand,
    })
}

fn ended(callback: &'static str, code: u32, cause: &'static str) -> End {
    End::Ended { callback, code, cause }
}

impl End {
    /// The exit code, which is the CURLcode.
    pub(crate) fn code(self) -> u32 {
        match self {
            End::Well => 0,
            End::Ended { code, .. } => code,
            End::NotLoaded(_) => 2,
        }
    }

    /// Whether the body has been delivered by then: a cause that comes after it does not take it back.
    pub(crate) fn has_body(self) -> bool {
        match self {
            End::Well => true,
            End::Ended { callback, .. } => matches!(callback, "write-end" | "closesocket" | "done"),
            End::NotLoaded(_) => false,
        }
    }
}
