//! A value as it was given, and what may be read of it.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{anyhow, bail};

use crate::cli::Exit;
use crate::escape::escape;

/// A value, with the option as it was written.
pub(in crate::cli) struct Given {
    /// `-o`, or `--output`.
    pub(super) flag: String,
    pub(super) value: OsString,
}

impl Given {
    /// As UTF-8, in one line.
    pub(super) fn text(self) -> anyhow::Result<String> {
        let flag = self.flag;
        let text = self
            .value
            .into_string()
            .map_err(|_| anyhow!("the value of {flag} is not UTF-8"))?;
        if text.contains(['\r', '\n', '\0']) {
            bail!("the value of {flag} holds a line break or a NUL");
        }
        Ok(text)
    }

    /// As a path.
    pub(super) fn path(self) -> PathBuf {
        self.value.into()
    }

    /// The path of a file that must be there: libcurl would take its absence for an empty one, or speak of it late.
    pub(super) fn file(self) -> anyhow::Result<PathBuf> {
        let path = PathBuf::from(self.value);
        File::open(&path).map_err(|error| anyhow!("{} {}: {error}", self.flag, escape(&path.to_string_lossy())))?;
        Ok(path)
    }

    /// The path of a folder that must be there.
    pub(super) fn folder(self) -> anyhow::Result<PathBuf> {
        let path = PathBuf::from(self.value);
        match path.is_dir() {
            true => Ok(path),
            false => bail!(
                "{} {}: there is no such folder",
                self.flag,
                escape(&path.to_string_lossy())
            ),
        }
    }

    /// A whole number in these bounds.
    pub(super) fn number(self, least: u64, most: u64) -> anyhow::Result<u64> {
        let flag = self.flag.clone();
        let given = self.text()?;
        let number = given.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| anyhow!("{flag} takes a number from {least} to {most}, not {}", escape(&given)))
    }

    /// Whole seconds, at least one.
    pub(super) fn whole_seconds(self) -> anyhow::Result<Duration> {
        self.number(1, i32::MAX as u64).map(Duration::from_secs)
    }

    /// Bytes, with curl's units, which are powers of 1024: `5`, `5k`, `1.5M`.
    pub(super) fn size(self) -> anyhow::Result<u64> {
        let flag = self.flag.clone();
        let given = self.text()?;
        let (number, shift) = match given.as_bytes().last().map(u8::to_ascii_lowercase) {
            Some(b'b') => (&given[..given.len() - 1], 0),
            Some(unit @ (b'k' | b'm' | b'g' | b't' | b'p')) => {
                let power = b"kmgtp".iter().position(|it| *it == unit).unwrap_or(0) + 1;
                (&given[..given.len() - 1], power * 10)
            }
            _ => (&given[..], 0),
        };
        let whole = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(1 << shift));
        let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let part = || number.parse::<f64>().ok().filter(|_| digits && shift > 0);
        let size = whole.or_else(|| part().map(|number| (number * (1_u64 << shift) as f64) as u64));
        let size = size.filter(|size| *size <= i64::MAX as u64);
        size.ok_or_else(|| anyhow!("{flag} takes bytes, such as 5000, 200K or 1.5M, not {}", escape(&given)))
    }

    /// curl's seconds, with decimals; 0 is no limit.
    pub(super) fn seconds(self) -> anyhow::Result<Option<Duration>> {
        let flag = self.flag.clone();
        let given = self.text()?;
        let seconds: Option<f64> = given
            .parse()
            .ok()
            .filter(|seconds| (0.0..=2_000_000.0).contains(seconds));
        let seconds = seconds.ok_or_else(|| anyhow!("{flag} takes seconds, such as 2.5, not {}", escape(&given)))?;
        Ok((seconds > 0.0).then(|| Duration::from_secs_f64(seconds)))
    }
}

/// curl's own exit code for a file that it was to read, CURLE_READ_ERROR.
pub(super) fn unreadable(flag: &str, path: &Path, error: &io::Error) -> anyhow::Error {
    let text = format!("(26) {flag}{}: {error}", escape(&path.to_string_lossy()));
    Exit { code: 26, text }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_curls_units() {
        let size = |value: &str| {
            let flag = "--max-filesize".to_owned();
            let value = value.into();
            Given { flag, value }.size().ok()
        };
        assert_eq!(size("5"), Some(5));
        assert_eq!(size("5b"), Some(5));
        assert_eq!((size("2k"), size("2K")), (Some(2048), Some(2048)));
        assert_eq!(size("1.5M"), Some(3 << 19));
        for wrong in ["", "k", "1.5", "-1", "5kb", "1e3", "9999999P", "99999999999999999999"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
