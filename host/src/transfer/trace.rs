//! One line a callback, like strace's: what was asked, what was answered, what it cost.

use crate::escape::quote;
use crate::guest::{CallStats, Failure};

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

/// Answers that are a word each.
macro_rules! named {
    ($($module:ident::$action:ident { $($case:ident: $name:literal),* })*) => {
        $(impl crate::transfer::trace::Shown for $module::$action {
            fn shown(&self) -> String {
                match self {
                    $($module::$action::$case => $name,)*
                }
                .to_owned()
            }
        })*
    };
}
pub(super) use named;

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
