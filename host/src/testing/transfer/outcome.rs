//! The outcome's text: whatever words a guest, an origin or a file's name brings, it is one line of JSON and one line of
//! message, and a terminal obeys nothing in it.

use anyhow::{Result, ensure};
use arbitrary::Unstructured;

use super::super::code::code;
use super::super::ended::Ended;
use super::super::outcome::{self, Outcome};
use super::super::spec::TransferSpec;
use super::super::{message, trace};
use super::{dispatch, is_obeyed, policy};
use crate::address::Address;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::CurlCode;
use crate::escape::{REASON_BYTES, cut, escape};
use crate::guest::{CallStats, Failure};
use crate::limits::Limits;
use crate::sink::MemorySink;
use crate::tenant::policy::PolicyKind;

pub(super) const CAUSES: [Cause; 23] = [
    Cause::Refused,
    Cause::GuestAbort,
    Cause::Policy,
    Cause::OutOfFuel,
    Cause::OutOfFuelTotal,
    Cause::Deadline,
    Cause::Memory,
    Cause::Table,
    Cause::Instances,
    Cause::Handles,
    Cause::Stack,
    Cause::ReturnedTooMuch,
    Cause::PrintedTooMuch,
    Cause::PauseBudget,
    Cause::Trap,
    Cause::Exit,
    Cause::BadReturn,
    Cause::Sink,
    Cause::Source,
    Cause::Quota,
    Cause::Cancelled,
    Cause::System,
    Cause::HostPanic,
];

/// The outcome's keys: a format that does not change.
const KEYS: [&str; 12] = [
    "abort",
    "bytes",
    "code",
    "effective_url",
    "guest",
    "libcurl_code",
    "message",
    "name",
    "operator",
    "seconds",
    "status",
    "url",
];

/// What goes up to here, in bytes: all that a guest says is cut before it is kept, and escaping makes six of one.
const MESSAGE: usize = 12 << 10;

/// The longest name that a file has on Linux.
const FILE_NAME: usize = 255;

struct Case {
    ended: Ended,
    latched: bool,
    finished: bool,
    libcurl: Option<CurlCode>,
    plugin: String,
    url: String,
    words: String,
}

/// Writes an outcome of these bytes' words.
///
/// # Errors
/// What of it is more than a line, is obeyed, is no JSON or has another code.
pub fn outcome(data: &[u8]) -> Result<()> {
    let Ok(case) = read(&mut Unstructured::new(data)) else {
        return Ok(());
    };
    let policy = policy(PolicyKind::Curl, Limits::curl())?;
    let sink = Box::new(MemorySink::new(0));
    let dispatch = dispatch(policy, TransferSpec::default(), sink, true)?;
    dispatch.finished.set(case.finished);
    if case.latched {
        dispatch.latch.set(case.ended.clone());
    } else {
        dispatch.refused.replace(Some(case.ended.clone()));
    }
    let outcome = outcome::of(&dispatch, case.libcurl, None, &case.words, &case.url, None);
    check(&outcome)?;
    let failure = &case.ended.failure;
    if case.latched {
        let expected = code(case.ended.callback, dispatch.upload.occasion.get(), failure.cause);
        ensure!(outcome.code == expected, "{} for {:?}", outcome.name, case.ended);
        ensure!(!outcome.message.is_empty(), "no message for {:?}", case.ended);
        let cause = outcome.abort.as_ref().map(|abort| abort.cause);
        ensure!(cause == Some(failure.cause), "{cause:?} for {:?}", case.ended);
    } else if case.finished {
        ensure!(outcome.abort.is_none(), "an abort after a finish: {:?}", outcome.abort);
        ensure!(
            outcome.code == CurlCode::OK || case.libcurl.is_some(),
            "{} after a finish",
            outcome.name
        );
    }
    let message = message::of(&case.ended, Some(&case.plugin), 7);
    one_line("the message", &message)?;
    ensure!(
        message.len() <= MESSAGE,
        "a message of {} bytes: {message}",
        message.len()
    );
    let traced = trace::line::<()>("write(1 bytes)", &Err(failure.clone()), CallStats::default());
    one_line("the trace", &traced)
}

fn check(outcome: &Outcome) -> Result<()> {
    let json = serde_json::to_string(outcome)?;
    one_line("the JSON", &json)?;
    let read: serde_json::Value = serde_json::from_str(&json)?;
    let keys: Vec<&str> = read
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    ensure!(
        keys.iter().all(|key| KEYS.contains(key)) && keys.len() == KEYS.len(),
        "the keys are {keys:?}"
    );
    ensure!(read["message"] == outcome.message.as_str(), "another message: {json}");
    let texts = [&outcome.message, &outcome.url, &outcome.effective_url];
    let abort = outcome.abort.iter();
    let aborts = abort.flat_map(|abort| abort.backtrace.iter().chain(&abort.reason));
    for text in texts.into_iter().chain(aborts) {
        one_line("a text", text)?;
    }
    Ok(())
}

fn one_line(what: &str, text: &str) -> Result<()> {
    let obeyed = text.chars().find(|c| is_obeyed(*c));
    ensure!(obeyed.is_none(), "{what} has {obeyed:?}: {text:?}");
    Ok(())
}

fn read(u: &mut Unstructured<'_>) -> arbitrary::Result<Case> {
    let callback = match u.ratio(1, 16)? {
        true => None,
        false => Some(*u.choose(&Callback::ALL)?),
    };
    let failure = Failure {
        cause: *u.choose(&CAUSES)?,
        limit: u.arbitrary()?,
        used: u.arbitrary()?,
        reason: match u.arbitrary()? {
            true => Some(cut(&text(u)?, REASON_BYTES).to_owned()),
            false => None,
        },
        backtrace: (0..u.int_in_range(0..=3)?)
            .map(|_| text(u).map(|name| cut(&name, 256).to_owned()))
            .collect::<arbitrary::Result<_>>()?,
    };
    let ended = Ended::new(callback, failure);
    let ended = match u.int_in_range(0..=4)? {
        0 => ended,
        1 => ended.about("lines"),
        2 => ended.about("bytes"),
        3 => ended.about("delivered"),
        _ => ended.about(Address::Unix(
            u.arbitrary::<&[u8]>()?.iter().copied().take(107).collect(),
        )),
    };
    Ok(Case {
        ended,
        latched: u.arbitrary()?,
        finished: u.arbitrary()?,
        libcurl: *u.choose(&[
            None,
            Some(CurlCode::OK),
            Some(CurlCode::WRITE_ERROR),
            Some(CurlCode::COULDNT_CONNECT),
        ])?,
        // As `Plugin::open` takes it from the path.
        plugin: escape(cut(&text(u)?, FILE_NAME)),
        words: cut(&text(u)?, 255).to_owned(),
        url: text(u)?,
    })
}

/// Words, with what a terminal obeys among them.
fn text(u: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    const HARD: [char; 16] = [
        '\n',
        '\r',
        '\t',
        '\0',
        '\x1b',
        '\x7f',
        '\u{9b}',
        '\u{61c}',
        '\u{200f}',
        '\u{2028}',
        '\u{202e}',
        '\u{2066}',
        '"',
        '\\',
        '{',
        '\u{e0041}',
    ];
    let mut text = String::new();
    for _ in 0..u.int_in_range(0..=3)? {
        text.push_str(u.arbitrary()?);
        text.push(*u.choose(&HARD)?);
        text.push(u.arbitrary()?);
    }
    Ok(match u.int_in_range(0..=7)? {
        0 => text.repeat(300),
        _ => text,
    })
}
