//! Header lines as an origin may send them, and where one may lead.

use std::io;
use std::sync::{Arc, Mutex};

use anyhow::{Result, ensure};
use arbitrary::Unstructured;

use super::super::callbacks::redirect::{resolve, values_of_location};
use super::super::message::{after_credentials, public_url};
use super::super::spec::TransferSpec;
use super::{dispatch, lock, policy};
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Flow, Part, Url};
use crate::limits::{Limit, Limits};
use crate::sink::Sink;
use crate::tenant::policy::PolicyKind;

const LINES: u64 = 12;
const BYTES: u64 = 600;

/// What no text of ours may show of the bases below.
const SECRET: &str = "sEcReT";

const BASES: [&str; 6] = [
    "http://sEcReT:sEcReT@h.test:81/x/y?z",
    "https://sEcReT@h.test",
    "http://:sEcReT@[::1]:80/a",
    "ftp://sEcReT:sEcReT@h.test/a;type=i",
    "imap://sEcReT:sEcReT;auth=sEcReT@h.test/a",
    "http://h.test/@/x",
];

/// Reads header lines and Location values out of these bytes.
///
/// # Errors
/// What was delivered or let through that should not be, or shows a password.
pub fn header(data: &[u8]) -> Result<()> {
    let mut u = Unstructured::new(data);
    let (Ok(base), Ok(wish)) = (u.choose(&BASES), u.arbitrary::<&str>()) else {
        return Ok(());
    };
    let (base, rest) = (*base, u.take_rest());
    for line in rest.split_inclusive(|byte| *byte == b'\n') {
        location(base, line)?;
    }
    responses(rest)?;
    shown(wish)
}

/// Keeps what is delivered.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Sink for Kept {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(())
    }
}

/// Lines are delivered as they are, until there are too many.
fn responses(bytes: &[u8]) -> Result<()> {
    let mut limits = Limits::curl();
    limits.set(Limit::HeaderLines, LINES);
    limits.set(Limit::HeaderBytes, BYTES);
    let spec = TransferSpec {
        show_headers: true,
        follow: true,
        ..TransferSpec::default()
    };
    let sink = Kept::default();
    let dispatch = dispatch(policy(PolicyKind::Curl, limits)?, spec, Box::new(sink.clone()), true)?;
    dispatch.decide(Callback::Redirect);
    let (mut lines, mut within, mut delivered) = (0, 0, Vec::new());
    // libcurl hands over a line, and after a pause several: here some of both.
    for chunk in bytes.chunk_by(|end, next| *end != b'\n' || *next == b' ') {
        let mut expected = Flow::Taken;
        for line in chunk.split_inclusive(|byte| *byte == b'\n') {
            if lines > LINES || within > BYTES {
                expected = Flow::Abort;
                break;
            }
            delivered.extend_from_slice(line);
            lines += 1;
            within += line.len() as u64;
            if lines > LINES || within > BYTES {
                expected = Flow::Abort;
            }
        }
        let flow = dispatch.on_header(chunk);
        ensure!(
            flow == expected,
            "{flow:?} in place of {expected:?} after {lines} lines of {within} bytes"
        );
        ensure!(
            *lock(&sink.0) == delivered,
            "delivered otherwise than it came: {chunk:?}"
        );
        ensure!(
            dispatch.output.delivered.get() == delivered.len() as u64,
            "counted otherwise: {chunk:?}"
        );
    }
    let over = lines > LINES || within > BYTES;
    let cause = dispatch
        .latch
        .first()
        .map(|ended| (ended.callback, ended.failure.cause));
    let expected = over.then_some((Some(Callback::Header), Cause::Policy));
    ensure!(cause == expected, "{cause:?} in place of {expected:?}");
    Ok(())
}

/// What a line says of a location, and where that leads from here.
fn location(base: &str, line: &[u8]) -> Result<()> {
    let named = line
        .get(..9)
        .is_some_and(|name| name.eq_ignore_ascii_case(b"location:"));
    let values = values_of_location(line);
    ensure!(values.is_some() == named, "{values:?} of {line:?}");
    for value in values.into_iter().flatten() {
        ensure!(
            !value.iter().any(|byte| b"\r\n".contains(byte)),
            "a line break in {value:?}"
        );
        ensure!(
            value.first() != Some(&b' ') && value.last() != Some(&b' '),
            "a blank around {value:?}"
        );
        for url in resolve(base, value, false).into_iter().flat_map(<[String; 2]>::from) {
            let whence = String::from_utf8_lossy(value).contains(SECRET);
            ensure!(whence || !url.contains(SECRET), "{url} of {base} shows a password");
            without_credentials(&url)?;
        }
    }
    Ok(())
}

/// What messages show of a text that may be a URL with a password.
fn shown(text: &str) -> Result<()> {
    let after = after_credentials(text);
    ensure!(text.ends_with(after) && !after.contains('@'), "{after:?} of {text:?}");
    for url in [text.to_owned(), format!("http://{SECRET}:{SECRET}@{text}")] {
        if let Some(public) = public_url(&url) {
            ensure!(
                text.contains(SECRET) || !public.contains(SECRET),
                "{public} of {url} shows a password"
            );
            without_credentials(&public)?;
        }
    }
    Ok(())
}

/// RFC 3986 §3.2: what stands before an `@` of the authority is a user's.
fn without_credentials(url: &str) -> Result<()> {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    ensure!(!url.contains(['\r', '\n', '\0']), "{url:?} holds a line break or a NUL");
    ensure!(!authority.contains('@'), "{url} has a user");
    let zoned = authority.split_once("%25").filter(|_| authority.starts_with('['));
    let place = zoned.map_or(authority.to_owned(), |(address, _)| format!("{address}]"));
    // A file has none; and one without a path, an older libcurl writes as `file://(nil)`.
    let Some(host) = Url::parse(url).ok().and_then(|url| url.get(Part::Host)) else {
        return Ok(());
    };
    let port = place
        .strip_prefix(&host)
        .is_some_and(|port| port.is_empty() || port.starts_with(':'));
    // An older libcurl encodes a host's name where it writes it, and no other than that is encoded.
    ensure!(port || place.contains('%'), "{url} is of {host} to libcurl");
    Ok(())
}
