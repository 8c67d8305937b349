//! curl's options: what stands after the plugin, by curl's names and with curl's meaning.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use lexopt::{Arg, Parser, ValueExt as _};

use super::curl_values::{digest, offset, redirects, user};
use super::{Exit, args, curl_lacks};
use crate::escape::escape;
use crate::suggest;
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

/// The long options that are read here, for suggestions.
pub(super) const LONG: &[&str] = &[
    "output",
    "request",
    "header",
    "data",
    "upload-file",
    "location",
    "max-redirs",
    "fail",
    "include",
    "silent",
    "show-error",
    "verbose",
    "insecure",
    "cacert",
    "max-time",
    "connect-timeout",
    "compressed",
    "http1.1",
    "http2",
    "url",
    "dump-header",
    "continue-at",
    "user",
    "basic",
    "digest",
    "anyauth",
    "ftp-port",
    "unix-socket",
    "knownhosts",
    "key",
    "pubkey",
    "hostpubsha256",
];

/// The most bytes of a request's body that `-d` keeps in memory.
const MAX_DATA: u64 = 1 << 30;

impl CurlArgs {
    /// Reads them.
    pub(super) fn parse(arguments: Vec<OsString>) -> anyhow::Result<CurlArgs> {
        let mut this = CurlArgs::default();
        let mut parser = Parser::from_args(arguments);
        while let Some(argument) = parser.next().map_err(|error| anyhow!("curl's options: {error}"))? {
            match argument {
                Arg::Short('o') | Arg::Long("output") => this.outputs.push(value(&mut parser, "-o", "a file")?.into()),
                Arg::Short('X') | Arg::Long("request") => this.request = Some(text(&mut parser, "-X", "a method")?),
                Arg::Short('H') | Arg::Long("header") => this.header(&text(&mut parser, "-H", "`Name: value`")?)?,
                Arg::Short('d') | Arg::Long("data") => this.data(value(&mut parser, "-d", "data, or @file")?)?,
                Arg::Short('T') | Arg::Long("upload-file") => {
                    this.upload = Some(value(&mut parser, "-T", "a file")?.into());
                }
                Arg::Short('L') | Arg::Long("location") => this.location = true,
                Arg::Long("max-redirs") => {
                    this.max_redirs = Some(redirects(&text(&mut parser, "--max-redirs", "a number")?)?)
                }
                Arg::Short('f') | Arg::Long("fail") => this.fail = true,
                Arg::Short('i') | Arg::Long("include") => this.include = true,
                Arg::Short('s') | Arg::Long("silent") => this.silent = true,
                Arg::Short('S') | Arg::Long("show-error") => this.show_error = true,
                Arg::Short('v') | Arg::Long("verbose") => this.verbose = true,
                Arg::Short('k') | Arg::Long("insecure") => this.insecure = true,
                Arg::Long("cacert") => this.cacert = Some(value(&mut parser, "--cacert", "a file")?.into()),
                Arg::Short('m') | Arg::Long("max-time") => this.max_time = seconds(&mut parser, "-m")?,
                Arg::Long("connect-timeout") => this.connect_timeout = seconds(&mut parser, "--connect-timeout")?,
                Arg::Long("compressed") => this.compressed = true,
                Arg::Long("http1.1") => this.http_version = HttpVersion::V1_1,
                Arg::Long("http2") => this.http_version = HttpVersion::V2,
                Arg::Short('D') | Arg::Long("dump-header") => {
                    this.dump_header = Some(value(&mut parser, "-D", "a file")?.into());
                }
                Arg::Short('C') | Arg::Long("continue-at") => {
                    this.continue_at = Some(offset(&text(&mut parser, "-C", "an offset in bytes")?)?);
                }
                Arg::Short('u') | Arg::Long("user") => {
                    this.user = Some(user(text(&mut parser, "-u", "`name:password`")?)?);
                }
                Arg::Long("basic") => this.http_auth = HttpAuth::Basic,
                Arg::Long("digest") => this.http_auth = HttpAuth::Digest,
                Arg::Long("anyauth") => this.http_auth = HttpAuth::Any,
                Arg::Short('P') | Arg::Long("ftp-port") => {
                    this.ftp_port = Some(text(&mut parser, "-P", "an address, or - for your own")?);
                }
                Arg::Long("unix-socket") => {
                    this.unix_socket = Some(value(&mut parser, "--unix-socket", "a socket's path")?.into());
                }
                Arg::Long("knownhosts") => {
                    this.ssh.known_hosts = Some(value(&mut parser, "--knownhosts", "a file")?.into())
                }
                Arg::Long("key") => this.ssh.private_key = Some(file(&mut parser, "--key")?),
                Arg::Long("pubkey") => this.ssh.public_key = Some(file(&mut parser, "--pubkey")?),
                Arg::Long("hostpubsha256") => {
                    this.ssh.host_public_sha256 = Some(digest(text(&mut parser, "--hostpubsha256", "a digest")?)?);
                }
                Arg::Long("url") => this.urls.push(text(&mut parser, "--url", "a URL")?),
                Arg::Value(url) => this.urls.push(url.string().map_err(|_| anyhow!("a URL is not UTF-8"))?),
                Arg::Short(letter) => return Err(unknown_short(letter)),
                Arg::Long(name) => return Err(unknown_long(name)),
            }
        }
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

    fn header(&mut self, line: &str) -> anyhow::Result<()> {
        let Some(file) = line.strip_prefix('@') else {
            self.headers
                .push(Header::parse(line).map_err(|why| anyhow!("-H: {why}"))?);
            return Ok(());
        };
        let lines = read(Path::new(file)).map_err(|error| unreadable("-H @", Path::new(file), &error))?;
        let lines = String::from_utf8(lines).with_context(|| format!("-H @{}", escape(file)))?;
        for line in lines.lines().filter(|line| !line.is_empty()) {
            self.headers
                .push(Header::parse(line).map_err(|why| anyhow!("-H @{}: {why}", escape(file)))?);
        }
        Ok(())
    }

    /// Several are joined by `&`; from a file, line breaks and NULs are left out.
    fn data(&mut self, given: OsString) -> anyhow::Result<()> {
        use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
        let bytes = match given.as_bytes().strip_prefix(b"@") {
            Some(file) => {
                let file = Path::new(std::ffi::OsStr::from_bytes(file));
                let mut bytes = read(file).map_err(|error| unreadable("-d @", file, &error))?;
                bytes.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
                bytes
            }
            None => given.into_vec(),
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

fn value(parser: &mut Parser, flag: &str, what: &str) -> anyhow::Result<OsString> {
    let value = parser.value().map_err(|_| anyhow!("{flag} needs a value: {what}"))?;
    if value.is_empty() && flag != "-d" {
        bail!("{flag} needs a value that is not empty: {what}");
    }
    Ok(value)
}

fn text(parser: &mut Parser, flag: &str, what: &str) -> anyhow::Result<String> {
    let text = value(parser, flag, what)?
        .string()
        .map_err(|_| anyhow!("the value of {flag} is not UTF-8"))?;
    if text.contains(['\r', '\n', '\0']) {
        bail!("the value of {flag} holds a line break or a NUL");
    }
    Ok(text)
}

/// curl's seconds, with decimals; 0 is no limit.
fn seconds(parser: &mut Parser, flag: &str) -> anyhow::Result<Option<Duration>> {
    let given = text(parser, flag, "seconds, such as 2.5")?;
    let seconds: Option<f64> = given
        .parse()
        .ok()
        .filter(|seconds| (0.0..=2_000_000.0).contains(seconds));
    let seconds = seconds.ok_or_else(|| anyhow!("{flag} takes seconds, such as 2.5, not {}", escape(&given)))?;
    Ok((seconds > 0.0).then(|| Duration::from_secs_f64(seconds)))
}

/// A file that must be there: libcurl would take its absence for an empty one.
fn file(parser: &mut Parser, flag: &str) -> anyhow::Result<PathBuf> {
    let path = PathBuf::from(value(parser, flag, "a file")?);
    File::open(&path).map_err(|error| anyhow!("{flag} {}: {error}", escape(&path.to_string_lossy())))?;
    Ok(path)
}

/// Whether curl has an option of this name, or of this letter.
pub(super) fn is_curls(option: &str) -> bool {
    match option.strip_prefix("--") {
        Some(name) => LONG.contains(&name) || curl_lacks::LONG.contains(&name),
        None => option
            .strip_prefix('-')
            .and_then(|letters| letters.chars().next())
            .is_some_and(|letter| SHORT.contains(letter) || curl_lacks::SHORT.contains(letter)),
    }
}

/// The letters of the short options that are read here.
const SHORT: &str = "oXHdTLfisSvkmDCuP";

fn unknown_short(letter: char) -> anyhow::Error {
    if curl_lacks::SHORT.contains(letter) {
        return anyhow!("curl's -{letter} is not supported here");
    }
    anyhow!(
        "neither curl nor transferhost has an option -{}",
        letter.escape_default()
    )
}

fn unknown_long(name: &str) -> anyhow::Error {
    if curl_lacks::LONG.contains(&name) {
        return anyhow!("curl's --{name} is not supported here");
    }
    if args::is_ours(name) {
        return anyhow!("--{name} is transferhost's own: write it before the plugin");
    }
    let negated = name
        .strip_prefix("no-")
        .is_some_and(|name| LONG.contains(&name) || curl_lacks::LONG.contains(&name));
    if negated {
        return anyhow!("curl's --{name} is not supported here");
    }
    let hint = suggest::nearest(name, LONG.iter().copied()).map(|near| format!("; did you mean --{near}?"));
    anyhow!("curl has no option --{}{}", escape(name), hint.unwrap_or_default())
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
            parse("--retry 3 URL")
                .unwrap_err()
                .contains("curl's --retry is not supported here")
        );
        assert!(
            parse("--compresed URL")
                .unwrap_err()
                .contains("did you mean --compressed?")
        );
        for wrong in [
            "",
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

    #[test]
    fn what_is_lacking_is_not_what_is_here() {
        assert!(LONG.iter().all(|name| !curl_lacks::LONG.contains(name)));
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        for name in curl_lacks::LONG {
            assert!(!name.is_empty() && name.chars().all(letter), "{name:?}");
        }
    }
}
