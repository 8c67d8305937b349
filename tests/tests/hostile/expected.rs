//! How each attack must end. One that is not named here has no expectation, and that fails.

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
    /// The tenant policy, opened to the origin alone; the guest is told of a listener beside it.
    AnotherListener,
}

const CALLBACKS: [(&str, u32); 7] = [
    ("start", 42),
    ("opensocket", 7),
    ("xferinfo", 42),
    ("header", 23),
    ("write", 23),
    ("write-end", 23),
    ("done", 42),
];

/// What is expected of an attack by its file's name.
pub(crate) fn of(name: &str) -> Option<(End, Given)> {
    if let Some(expected) = in_a_callback(name) {
        return Some(expected);
    }
    let given = match name {
        "connect-elsewhere" => Given::AnotherListener,
        _ => Given::Nothing,
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
        "header-smuggler" => End::Well,
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
        _ => return None,
    };
    Some((end, given))
}

/// The five ends that can be met in any callback.
fn in_a_callback(name: &str) -> Option<(End, Given)> {
    let (how, callback) = name.split_once('-')?;
    let (callback, code) = CALLBACKS.into_iter().find(|(known, _)| *known == callback)?;
    let cause = match how {
        "abort" => "guest-abort",
        "trap" => "trap",
        "loop" => "out-of-fuel",
        "sleep" => "deadline",
        "memory" => "memory",
        _ => return None,
    };
    let given = match how {
        "sleep" => Given::LittleTime,
        _ => Given::Nothing,
    };
    Some((ended(callback, code, cause), given))
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
            End::Ended { callback, .. } => matches!(callback, "write-end" | "done"),
            End::NotLoaded(_) => false,
        }
    }
}
