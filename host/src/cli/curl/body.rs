//! What is posted: `-d` and its kin, joined, and where it goes.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use super::CurlArgs;
use super::given::{Given, unreadable};
use crate::curl::escape_segment;
use crate::field::Header;

/// The most bytes of a request's body that these keep in memory.
const MAX_DATA: u64 = 1 << 30;

/// How a piece is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// `-d`: from a file without line breaks and NULs.
    Text,
    /// `--data-binary`: from a file as it is.
    Binary,
    /// `--data-raw`: `@` is a character like others.
    Raw,
    /// `--json`: as it is, joined to what is there without a `&`.
    Json,
    /// `--data-urlencode`: the content percent-encoded, the name not.
    Encoded,
}

/// Adds a piece to what is posted.
pub(super) fn add(args: &mut CurlArgs, piece: Piece, given: Given) -> anyhow::Result<()> {
    let bytes = match (piece, given.value.as_bytes()) {
        (Piece::Encoded, _) => encoded(&given)?,
        (Piece::Raw, _) => given.value.into_vec(),
        (_, [b'@', file @ ..]) => {
            let mut bytes = read(&given.flag, file)?;
            if piece == Piece::Text {
                bytes.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
            }
            bytes
        }
        _ => given.value.into_vec(),
    };
    args.json |= piece == Piece::Json;
    match &mut args.data {
        Some(data) => {
            if piece != Piece::Json {
                data.push(b'&');
            }
            data.extend(bytes);
        }
        None => args.data = Some(bytes),
    }
    Ok(())
}

/// `[NAME]=CONTENT`, `[NAME]@FILE` or `CONTENT`, as a form on a page sends them.
pub(super) fn encoded(given: &Given) -> anyhow::Result<Vec<u8>> {
    let value = given.value.as_bytes();
    let at = value.iter().position(|byte| *byte == b'=');
    let at = at.or_else(|| value.iter().position(|byte| *byte == b'@'));
    let (name, content) = match at.map(|at| (value.split_at(at), value[at])) {
        Some(((name, rest), b'=')) => (name, rest[1..].to_vec()),
        Some(((name, rest), _)) => (name, read(&given.flag, &rest[1..])?),
        None => (&[][..], value.to_vec()),
    };
    let mut encoded = name.to_vec();
    if !name.is_empty() {
        encoded.push(b'=');
    }
    let content = escape_segment(&content).unwrap_or_default();
    encoded.extend(content.replace("%20", "+").into_bytes());
    Ok(encoded)
}

/// A piece of `--url-query`: as of `--data-urlencode`, but as it is behind a `+`.
pub(super) fn query(args: &mut CurlArgs, given: Given) -> anyhow::Result<()> {
    let piece = match given.value.as_bytes() {
        [b'+', rest @ ..] => rest.to_vec(),
        _ => encoded(&given)?,
    };
    match &mut args.query {
        Some(query) => {
            query.push(b'&');
            query.extend(piece);
        }
        None => args.query = Some(piece),
    }
    Ok(())
}

/// The headers that `--json` adds, where the caller has none of their names.
pub(super) fn json_headers(headers: &[Header]) -> Vec<Header> {
    let missing = |name: &&str| !headers.iter().any(|header| header.name().eq_ignore_ascii_case(name));
    let names = ["Content-Type", "Accept"].into_iter().filter(missing);
    names
        .filter_map(|name| Header::set(name, "application/json").ok())
        .collect()
}

/// A file, or stdin for `-`. One that cannot be read is curl's CURLE_READ_ERROR (26).
pub(super) fn read(flag: &str, file: &[u8]) -> anyhow::Result<Vec<u8>> {
    let path = Path::new(OsStr::from_bytes(file));
    all_of(path).map_err(|error| unreadable(&format!("{flag} @"), path, &error))
}

fn all_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let count = match path == Path::new("-") {
        true => io::stdin().take(MAX_DATA + 1).read_to_end(&mut bytes)?,
        false => File::open(path)?.take(MAX_DATA + 1).read_to_end(&mut bytes)?,
    };
    if count as u64 > MAX_DATA {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "more than 1 GiB; -T sends a file of any size",
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn content_is_encoded_and_names_are_not() {
        for (given, expected) in [
            ("a=b c&d", "a=b+c%26d"),
            ("=b=c", "b%3Dc"),
            ("b c", "b+c"),
            ("a[]=", "a[]="),
            ("ü=ü", "ü=%C3%BC"),
            ("", ""),
        ] {
            let flag = "--data-urlencode".to_owned();
            let value = OsString::from(given);
            let encoded = encoded(&Given { flag, value }).unwrap();
            assert_eq!(String::from_utf8(encoded).unwrap(), expected, "{given}");
        }
    }
}
