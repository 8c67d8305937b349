//! Where outcomes go: a line each, whole, as soon as it is known.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::super::Exit;
use super::id::JobId;
use super::resume::Done;
use crate::curl::{CurlCode, stdout_was_closed};
use crate::escape::escape;
use crate::transfer::Outcome;

/// The file of outcomes, or standard output.
#[derive(Debug)]
pub(super) struct Outcomes {
    file: File,
    name: String,
}

/// An outcome's line.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    pub(super) id: &'a JobId,
    pub(super) tenant: Option<&'a str>,
    /// The line's number, where it was no job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u64>,
    #[serde(flatten)]
    pub(super) outcome: &'a Outcome,
    #[serde(flatten)]
    pub(super) body: Option<Body>,
}

/// The body that an outcome holds.
#[derive(Serialize)]
pub(super) enum Body {
    /// Where it is UTF-8.
    #[serde(rename = "body")]
    Text(String),
    /// Where it is not.
    #[serde(rename = "body_base64")]
    Bytes(String),
}

impl Body {
    pub(super) fn of(bytes: Vec<u8>) -> Body {
        match String::from_utf8(bytes) {
            Ok(text) => Body::Text(text),
            Err(error) => Body::Bytes(STANDARD.encode(error.as_bytes())),
        }
    }
}

impl Outcomes {
    /// Opens the file anew; or, where it is the one that is resumed from, behind its last whole line.
    pub(super) fn open(path: Option<&Path>, resumed: Option<(&Path, &Done)>) -> anyhow::Result<Outcomes> {
        let Some(path) = path else {
            if stdout_was_closed() {
                bail!("standard output is closed: write outcomes to a file, with --outcome");
            }
            let stdout = io::stdout().as_fd().try_clone_to_owned();
            return Ok(Outcomes {
                file: File::from(stdout.context("standard output")?),
                name: "standard output".to_owned(),
            });
        };
        let name = format!("--outcome: {}", escape(&path.to_string_lossy()));
        let open = || -> io::Result<File> {
            let mut file = File::options().create(true).write(true).truncate(false).open(path)?;
            let same = match resumed {
                Some((resumed, done)) => is_same(&file, resumed)?.then_some(done.whole),
                None => None,
            };
            if file.metadata()?.is_file() {
                file.set_len(same.unwrap_or(0))?;
                file.seek(SeekFrom::End(0))?;
            }
            Ok(file)
        };
        let file = open().with_context(|| name.clone())?;
        Ok(Outcomes { file, name })
    }

    /// Writes a line.
    pub(super) fn write(&mut self, told: &Told<'_>) -> anyhow::Result<()> {
        let line = serde_json::to_string(told)? + "\n";
        self.file.write_all(line.as_bytes()).map_err(|error| {
            let text = format!(
                "{}: {error}: the batch ends here, and what has no outcome there is to be run again (--resume)",
                self.name
            );
            let code = u8::try_from(CurlCode::WRITE_ERROR.number()).unwrap_or(u8::MAX);
            Exit { code, text }.into()
        })
    }
}

/// Whether a path leads to this very file.
pub(super) fn is_same(file: &File, other: &Path) -> io::Result<bool> {
    let (one, other) = (file.metadata()?, std::fs::metadata(other)?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// The input, and whether it has an end of its own.
pub(super) fn input(path: &Path) -> anyhow::Result<(File, bool)> {
    let file = match path.as_os_str() == "-" {
        true => io::stdin().as_fd().try_clone_to_owned().map(File::from),
        false => File::open(path),
    };
    let context = || match path.as_os_str() == "-" {
        true => "standard input".to_owned(),
        false => escape(&path.to_string_lossy()),
    };
    let mut file = file.with_context(context)?;
    let ends = file.metadata().with_context(context)?.is_file();
    // A folder can be opened, but not read.
    file.read(&mut []).with_context(context)?;
    Ok((file, ends))
}
