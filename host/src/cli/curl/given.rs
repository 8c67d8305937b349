//! A value as it was given, and what may be read of it.

use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{anyhow, bail};

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
