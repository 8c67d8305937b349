//! The values of curl's options that are more than a text or a file.

use anyhow::bail;

use crate::escape::escape;

/// curl's `-C -` asks the output how far it is, which is not here yet.
pub(super) fn offset(given: &str) -> anyhow::Result<u64> {
    match given.parse() {
        Ok(offset) => Ok(offset),
        Err(_) if given == "-" => bail!("curl's -C - is not supported here: give the offset in bytes"),
        Err(_) => bail!("-C takes an offset in bytes, not {}", escape(given)),
    }
}

/// curl would ask for the password on the terminal.
pub(super) fn user(given: String) -> anyhow::Result<String> {
    match given.contains(':') {
        true => Ok(given),
        false => bail!("-u needs a password as well, which may be empty: write `name:password`"),
    }
}

/// 32 bytes are 44 characters of base64, the last of which is padding and may be left out.
pub(super) fn digest(given: String) -> anyhow::Result<String> {
    let bare = given.trim_end_matches('=');
    let base64 = |c: u8| c.is_ascii_alphanumeric() || c == b'+' || c == b'/';
    match bare.len() == 43 && bare.bytes().all(base64) {
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
