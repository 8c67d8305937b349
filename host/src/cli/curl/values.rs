//! The values of curl's options that are more than a text or a file.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use anyhow::{anyhow, bail};

use super::CurlArgs;
use super::body;
use super::given::{Given, unreadable};
use crate::curl::getdate;
use crate::escape::escape;
use crate::transfer::{TimeCondition, TlsVersion};

/// `-` is the end of what is there.
pub(super) fn offset(given: Given) -> anyhow::Result<Option<u64>> {
    let flag = given.flag.clone();
    match given.text()?.as_str() {
        "-" => Ok(None),
        given => match given.parse() {
            Ok(offset) => Ok(Some(offset)),
            Err(_) => bail!(
                "{flag} takes an offset in bytes, or - for where the file ends, not {}",
                escape(given)
            ),
        },
    }
}

/// The tag in this file; where there is none, the empty one, as curl has it.
pub(super) fn etag(given: Given) -> anyhow::Result<String> {
    let path = given.value.clone();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(unreadable(&format!("{} ", given.flag), path.as_ref(), &error)),
    };
    match text.lines().next().map(str::trim) {
        None | Some("") => Ok("\"\"".to_owned()),
        Some(tag) => Ok(tag.to_owned()),
    }
}

/// A format, or a file of it behind an `@`.
pub(super) fn format(given: Given) -> anyhow::Result<String> {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = match given.value.as_bytes() {
        [b'@', file @ ..] => body::read(&given.flag, file)?,
        bytes => bytes.to_vec(),
    };
    String::from_utf8(bytes).map_err(|_| anyhow!("the format of {} is not UTF-8", given.flag))
}

/// curl would ask for the password on the terminal.
pub(super) fn user(given: Given) -> anyhow::Result<String> {
    let flag = given.flag.clone();
    let user = given.text()?;
    match user.contains(':') {
        true => Ok(user),
        false => bail!("{flag} needs a password as well, which may be empty: write `name:password`"),
    }
}

/// Several are joined. What has no `=` is a file of cookies, which need not be there; the empty one just keeps them.
pub(super) fn cookie(args: &mut CurlArgs, given: Given) -> anyhow::Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    if !given.value.as_bytes().contains(&b'=') {
        args.cookies.on = true;
        args.cookies
            .files
            .extend(Some(given.path()).filter(|path| !path.as_os_str().is_empty()));
        return Ok(());
    }
    let cookie = given.text()?;
    let cookies = &mut args.http.cookie;
    *cookies = Some(match cookies.take() {
        Some(before) => format!("{before}; {}", cookie.trim_start()),
        None => cookie,
    });
    Ok(())
}

/// A certificate's file, and behind a colon its key's password; a backslash makes a colon one of the file's name.
pub(super) fn certificate(given: Given) -> anyhow::Result<(Option<PathBuf>, Option<String>)> {
    let flag = given.flag.clone();
    let given = given.text()?;
    let (mut file, mut password) = (String::new(), None);
    let mut letters = given.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ':' => {
                password = Some(letters.as_str().to_owned());
                break;
            }
            '\\' => match letters.next() {
                Some(letter @ (':' | '\\')) => file.push(letter),
                other => file.extend(['\\'].into_iter().chain(other)),
            },
            letter => file.push(letter),
        }
    }
    let file = Given {
        flag,
        value: file.into(),
    }
    .file()?;
    Ok((Some(file), password))
}

/// A file, or digests in base64, each behind `sha256//`, with semicolons between.
pub(super) fn pin(given: Given) -> anyhow::Result<String> {
    let flag = given.flag.clone();
    let pin = given.text()?;
    if !pin.starts_with("sha256//") {
        let value = pin.clone().into();
        Given { flag, value }.file()?;
        return Ok(pin);
    }
    let whole = |pin: &str| pin.strip_prefix("sha256//").is_some_and(is_sha256);
    match pin.split(';').all(whole) {
        true => Ok(pin),
        false => bail!(
            "{flag} takes sha256// and a SHA-256 in base64, with semicolons between, not {}",
            escape(&pin)
        ),
    }
}

/// A version of TLS by its number.
pub(super) fn tls_max(given: Given) -> anyhow::Result<Option<TlsVersion>> {
    let flag = given.flag.clone();
    Ok(match given.text()?.as_str() {
        "default" => None,
        "1.0" => Some(TlsVersion::V1_0),
        "1.1" => Some(TlsVersion::V1_1),
        "1.2" => Some(TlsVersion::V1_2),
        "1.3" => Some(TlsVersion::V1_3),
        other => bail!("{flag} takes 1.0, 1.1, 1.2 or 1.3, not {}", escape(other)),
    })
}

/// 32 bytes are 44 characters of base64, the last of which is padding and may be left out.
fn is_sha256(digest: &str) -> bool {
    let bare = digest.trim_end_matches('=');
    let base64 = |c: u8| c.is_ascii_alphanumeric() || c == b'+' || c == b'/';
    bare.len() == 43 && bare.bytes().all(base64)
}

/// The digest of an SSH host's key.
pub(super) fn digest(given: String) -> anyhow::Result<String> {
    match is_sha256(&given) {
        true => Ok(given),
        false => bail!(
            "--hostpubsha256 takes a SHA-256 in base64, 43 characters, not {}",
            escape(&given)
        ),
    }
}

/// -1 is as many as there are.
pub(super) fn redirects(given: &str) -> anyhow::Result<u32> {
    match given.parse::<i64>() {
        Ok(-1) => Ok(u32::MAX >> 1),
        Ok(number) if (0..=i64::from(u32::MAX >> 1)).contains(&number) => Ok(number as u32),
        _ => bail!("--max-redirs takes a number, or -1 for no limit, not {}", escape(given)),
    }
}

/// A date, or a file that has one; `-` and `=` before it say what is asked of it.
pub(super) fn time_condition(flag: &str, given: &str) -> anyhow::Result<TimeCondition> {
    let (of, date): (fn(i64) -> TimeCondition, &str) = match given.as_bytes() {
        [b'-', ..] => (TimeCondition::UnmodifiedSince, &given[1..]),
        [b'=', ..] => (TimeCondition::LastModified, &given[1..]),
        [b'+', ..] => (TimeCondition::ModifiedSince, &given[1..]),
        _ => (TimeCondition::ModifiedSince, given),
    };
    let of_file = || std::fs::metadata(date).map(|file| file.mtime()).ok();
    let time = getdate(date).or_else(of_file);
    time.map(of)
        .ok_or_else(|| anyhow!("{flag} takes a date, or a file that is there, not {}", escape(date)))
}

/// Ranges of bytes, `FIRST-LAST`, with commas between; either end may be left out.
pub(super) fn range(flag: &str, given: String) -> anyhow::Result<String> {
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let one = |range: &str| match range.split_once('-') {
        Some((first, last)) => number(first) && number(last) && !(first.is_empty() && last.is_empty()),
        None => false,
    };
    match given.split(',').all(one) {
        true => Ok(given),
        // As curl has it: from there on.
        false if !given.is_empty() && number(&given) => Ok(given + "-"),
        false => bail!(
            "{flag} takes ranges of bytes, such as 0-99 or -500, not {}",
            escape(&given)
        ),
    }
}
