//! curl's options: what stands after the plugin, by curl's names and with curl's meaning. `table` has them all.

mod authentication;
mod connection;
mod given;
mod lacks;
mod output;
mod parse;
mod request;
mod security;
pub(super) mod table;
mod values;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};

use self::given::Given;
use super::Exit;
use crate::escape::escape;
use crate::transfer::{Header, HttpAuth, HttpVersion, Ssh};

/// What curl's options say.
#[derive(Debug, Default)]
pub(super) struct CurlArgs {
    pub(super) urls: Vec<String>,
    pub(super) outputs: Vec<PathBuf>,
    pub(super) request: Option<String>,
    pub(super) headers: Vec<Header>,
    pub(super) data: Option<Vec<u8>>,
    pub(super) upload: Option<PathBuf>,
    pub(super) location: bool,
    pub(super) max_redirs: Option<u32>,
    pub(super) fail: bool,
    pub(super) include: bool,
    pub(super) silent: bool,
    pub(super) show_error: bool,
    pub(super) verbose: bool,
    pub(super) insecure: bool,
    pub(super) cacert: Option<PathBuf>,
    pub(super) max_time: Option<Duration>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) compressed: bool,
    pub(super) http_version: HttpVersion,
    pub(super) dump_header: Option<PathBuf>,
    pub(super) continue_at: Option<u64>,
    pub(super) user: Option<String>,
    pub(super) http_auth: HttpAuth,
    pub(super) ftp_port: Option<String>,
    pub(super) unix_socket: Option<PathBuf>,
    pub(super) ssh: Ssh,
}

/// The most bytes of a request's body that `-d` keeps in memory.
const MAX_DATA: u64 = 1 << 30;

impl CurlArgs {
    /// Reads them.
    pub(super) fn parse(arguments: Vec<OsString>) -> anyhow::Result<CurlArgs> {
        let this = parse::parse(arguments)?;
        this.check()?;
        Ok(this)
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.urls.is_empty() {
            bail!("no URL is given: write it after the plugin");
        }
        if self.outputs.len() > self.urls.len() {
            bail!("-o is given {} times for {} URLs", self.outputs.len(), self.urls.len());
        }
        if self.continue_at.is_some() && self.upload.is_none() {
            bail!("-C is supported with -T only: a download cannot resume here yet");
        }
        if self.data.is_some() && self.upload.is_some() {
            bail!("-d and -T exclude each other: one request has one body");
        }
        Ok(())
    }

    fn header(&mut self, given: Given) -> anyhow::Result<()> {
        let flag = given.flag.clone();
        let line = given.text()?;
        let Some(file) = line.strip_prefix('@') else {
            self.headers
                .push(Header::parse(&line).map_err(|why| anyhow!("{flag}: {why}"))?);
            return Ok(());
        };
        let lines = read(Path::new(file)).map_err(|error| unreadable(&format!("{flag} @"), Path::new(file), &error))?;
        let lines = String::from_utf8(lines).with_context(|| format!("{flag} @{}", escape(file)))?;
        for line in lines.lines().filter(|line| !line.is_empty()) {
            self.headers
                .push(Header::parse(line).map_err(|why| anyhow!("{flag} @{}: {why}", escape(file)))?);
        }
        Ok(())
    }

    /// Several are joined by `&`; from a file, line breaks and NULs are left out.
    fn data(&mut self, given: Given) -> anyhow::Result<()> {
        use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
        let bytes = match given.value.as_bytes().strip_prefix(b"@") {
            Some(file) => {
                let file = Path::new(std::ffi::OsStr::from_bytes(file));
                let mut bytes = read(file).map_err(|error| unreadable(&format!("{} @", given.flag), file, &error))?;
                bytes.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
                bytes
            }
            None => given.value.into_vec(),
        };
        match &mut self.data {
            Some(data) => {
                data.push(b'&');
                data.extend(bytes);
            }
            None => self.data = Some(bytes),
        }
        Ok(())
    }
}

/// A file, or stdin for `-`.
fn read(path: &Path) -> io::Result<Vec<u8>> {
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

/// The file of an upload.
pub(super) fn upload_file(path: &Path) -> anyhow::Result<File> {
    File::open(path).map_err(|error| unreadable("-T ", path, &error))
}

/// curl's own exit code for a file that it was to read, CURLE_READ_ERROR.
fn unreadable(flag: &str, path: &Path, error: &io::Error) -> anyhow::Error {
    let text = format!("(26) {flag}{}: {error}", escape(&path.to_string_lossy()));
    Exit { code: 26, text }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<CurlArgs, String> {
        let words = line.split_whitespace().map(OsString::from).collect();
        CurlArgs::parse(words).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn curls_ways_of_writing() {
        let args = parse("-sSLo out -dA=1 --data B=2 -H X:y -m 1.5 URL").unwrap();
        assert!(args.silent && args.show_error && args.location);
        assert_eq!(args.outputs, [PathBuf::from("out")]);
        assert_eq!(args.data.as_deref(), Some(&b"A=1&B=2"[..]));
        assert_eq!(args.max_time, Some(Duration::from_millis(1500)));
        assert_eq!(parse("--max-redirs -1 -m 0 URL").unwrap().max_time, None);
    }

    #[test]
    fn slips_are_told_from_what_is_lacking() {
        assert!(parse("-Z URL").unwrap_err().contains("curl's -Z is not supported here"));
        assert!(
            parse("--rate 3 URL")
                .unwrap_err()
                .contains("curl's --rate is not supported here")
        );
        assert!(
            parse("--compresed URL")
                .unwrap_err()
                .contains("did you mean --compressed?")
        );
        assert!(!parse("-L --no-location URL").unwrap().location);
        for wrong in [
            "",
            "--no-output x URL",
            "-o",
            "-m soon URL",
            "-m -1 URL",
            "--max-redirs x URL",
            "-H nonsense URL",
            "-d a -T b URL",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
