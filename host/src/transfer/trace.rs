//! One line a callback, like strace's: what was asked, what was answered, what it cost.

use crate::escape::quote;
use crate::guest::{
    CallStats, Failure, HeaderAction, IoctlAction, KeyAction, OpenVerdict, ReadAction, RedirectAction, RequestHead,
    SeekAction, SockoptAction, WriteAction,
};

/// An answer, in a word or two.
pub(super) trait Shown {
    /// The words.
    fn shown(&self) -> String;
}

impl Shown for () {
    fn shown(&self) -> String {
        "ok".to_owned()
    }
}

impl Shown for Vec<u8> {
    fn shown(&self) -> String {
        format!("{} bytes", self.len())
    }
}

impl Shown for RequestHead {
    fn shown(&self) -> String {
        "ok".to_owned()
    }
}

impl Shown for WriteAction {
    fn shown(&self) -> String {
        match self {
            WriteAction::Deliver => "deliver".to_owned(),
            WriteAction::Replace(bytes) => format!("replace with {} bytes", bytes.len()),
            WriteAction::Finish(count) => format!("finish after {count} bytes"),
            WriteAction::Pause(time) => format!("pause {time} ms"),
        }
    }
}

impl Shown for HeaderAction {
    fn shown(&self) -> String {
        match self {
            HeaderAction::Deliver => "deliver".to_owned(),
            HeaderAction::Replace(bytes) => format!("replace with {} bytes", bytes.len()),
            HeaderAction::Drop => "drop".to_owned(),
            HeaderAction::Pause(time) => format!("pause {time} ms"),
        }
    }
}

impl Shown for OpenVerdict {
    fn shown(&self) -> String {
        match self {
            OpenVerdict::Allow => "allow".to_owned(),
            OpenVerdict::Deny(words) => format!("deny {}", quote(words)),
            OpenVerdict::ConnectTo(address) => format!("connect to {address}"),
        }
    }
}

impl Shown for ReadAction {
    fn shown(&self) -> String {
        match self {
            ReadAction::Pass => "pass".to_owned(),
            ReadAction::Data(bytes) => format!("{} bytes", bytes.len()),
            ReadAction::Eof => "eof".to_owned(),
            ReadAction::Pause(time) => format!("pause {time} ms"),
        }
    }
}

macro_rules! named {
    ($($action:ident { $($case:ident: $name:literal),* })*) => {
        $(impl Shown for $action {
            fn shown(&self) -> String {
                match self {
                    $($action::$case => $name,)*
                }
                .to_owned()
            }
        })*
    };
}

named! {
    SeekAction { Ok: "ok", Fail: "fail", CantSeek: "can't seek" }
    IoctlAction { Ok: "ok", UnknownCmd: "unknown command", FailRestart: "fail restart" }
    SockoptAction { Ok: "ok", Error: "error", AlreadyConnected: "already connected" }
    RedirectAction { Follow: "follow", Finish: "finish" }
    KeyAction {
        FineAddToFile: "fine, add to file", Fine: "fine", Reject: "reject", Defer: "defer", FineReplace: "fine, replace"
    }
}

/// The whole line.
pub(super) fn line<T: Shown>(call: &str, answer: &Result<T, Failure>, stats: CallStats) -> String {
    let answer = match answer {
        Ok(answer) => answer.shown(),
        Err(failure) => match &failure.reason {
            Some(reason) => format!("{} {}", failure.cause, quote(reason)),
            None => failure.cause.to_string(),
        },
    };
    format!(
        "{call} -> {answer}  {} fuel  {} µs",
        thousands(stats.fuel),
        thousands(stats.time.as_micros() as u64)
    )
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        assert_eq!(
            [0, 12, 123, 1_234, 1_234_567].map(thousands),
            ["0", "12", "123", "1,234", "1,234,567"]
        );
    }
}
