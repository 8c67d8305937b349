//! What was seen, as the documentation has it.

use transferhost_tests::table::code;

use crate::attack::End;

/// As much of a message as the documentation shows.
const SHOWN: usize = 160;

/// The exit codes, each once, in the order of their first coming.
pub(crate) fn codes(ends: &[End]) -> String {
    let codes = ends.iter().map(|end| end.code().to_string());
    once(codes).join(", ")
}

/// The causes, likewise.
pub(crate) fn cause(ends: &[End]) -> String {
    once(
        ends.iter()
            .map(|end| end.cause().map_or_else(|| "none".to_owned(), code)),
    )
    .join(", ")
}

/// What was said, likewise, without what differs from run to run.
pub(crate) fn messages(messages: &[String]) -> String {
    let said = messages.iter().filter(|message| !message.is_empty());
    once(said.map(|message| code(&steady(message)))).join("; ")
}

fn once(all: impl Iterator<Item = String>) -> Vec<String> {
    all.fold(Vec::new(), |mut seen, one| {
        if !seen.contains(&one) {
            seen.push(one);
        }
        seen
    })
}

/// Without what a clock, or the version of OpenSSL, says; and not too long.
fn steady(message: &str) -> String {
    let cut = ["timed out", "connect error: ", "SSL_read: "]
        .into_iter()
        .find_map(|words| {
            let at = message.find(words)?;
            Some(format!("{}…", &message[..at + words.len()].trim_end()))
        });
    let text = cut.unwrap_or_else(|| message.to_owned());
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None if ["bytes remaining", "bytes missing"]
            .iter()
            .any(|what| text.contains(what)) =>
        {
            numberless(&text)
        }
        None => text,
    }
}

/// With `…` for each number but the code.
fn numberless(text: &str) -> String {
    let (code, words) = text.split_once(' ').unwrap_or_default();
    let words = words
        .split(' ')
        .map(|word| match word.bytes().all(|byte| byte.is_ascii_digit()) {
            true => "…",
            false => word,
        });
    format!("{code} {}", words.collect::<Vec<_>>().join(" "))
}
