//! curl's options: what stands after the plugin, by curl's names and with curl's meaning. `table` has them all.

mod authentication;
mod body;
mod connection;
mod form;
mod given;
mod lacks;
mod network;
mod output;
mod parse;
mod request;
mod security;
pub(super) mod table;
mod values;

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};

use self::given::{Given, unreadable};
use super::retry::Retry;
use crate::ca::CaStore;
use crate::curl::{FormContent, FormPart};
use crate::escape::escape;
use crate::field::Header;
use crate::transfer::{Cookies, Http, HttpAuth, HttpVersion, Netrc, Pace, Proxy, Route, Ssh, Tls};

/// What curl's options say.
#[derive(Debug, Default)]
pub(super) struct CurlArgs {
    pub(super) urls: Vec<String>,
    pub(super) outputs: Vec<Target>,
    pub(super) files: Files,
    pub(super) retry: Retry,
    pub(super) request: Option<String>,
    pub(super) headers: Vec<Header>,
    pub(super) data: Option<Vec<u8>>,
    /// `--json` was among what it is made of.
    pub(super) json: bool,
    pub(super) form: Vec<FormPart>,
    /// Parts of parts whose end was not given yet, the outermost first.
    pub(super) form_open: Vec<FormPart>,
    /// It goes in the URL's query.
    pub(super) get: bool,
    pub(super) query: Option<Vec<u8>>,
    /// The empty one is none.
    pub(super) user_agent: Option<String>,
    pub(super) http: Http,
    pub(super) pace: Pace,
    pub(super) route: Route,
    pub(super) no_keepalive: bool,
    pub(super) proxy: Proxy,
    pub(super) tls: Tls,
    pub(super) cookies: Cookies,
    pub(super) netrc: NetrcArgs,
    pub(super) upload: Option<PathBuf>,
    pub(super) location: bool,
    pub(super) max_redirs: Option<u32>,
    pub(super) fail: bool,
    pub(super) include: bool,
    pub(super) silent: bool,
    pub(super) no_progress_meter: bool,
    pub(super) show_error: bool,
    pub(super) verbose: bool,
    pub(super) insecure: bool,
    pub(super) cacert: Option<PathBuf>,
    pub(super) capath: Option<PathBuf>,
    pub(super) max_time: Option<Duration>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) compressed: bool,
    pub(super) http_version: HttpVersion,
    pub(super) dump_header: Option<PathBuf>,
    pub(super) etag_save: Option<PathBuf>,
    pub(super) etag_compare: Option<String>,
    pub(super) write_out: Option<String>,
    pub(super) stderr: Option<PathBuf>,
    pub(super) trace_ascii: Option<PathBuf>,
    /// From there on, or from the end of what is there.
    pub(super) continue_at: Option<Option<u64>>,
    pub(super) user: Option<String>,
    pub(super) http_auth: HttpAuth,
    pub(super) ftp_port: Option<String>,
    pub(super) unix_socket: Option<PathBuf>,
    pub(super) ssh: Ssh,
}

/// Where a body goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// To this file; `-` is stdout.
    File(PathBuf),
    /// To a file that the URL names, or the server.
    Remote,
}

/// How files are made.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The server may name them.
    pub(super) server_names: bool,
    pub(super) directory: Option<PathBuf>,
    pub(super) create_dirs: bool,
    pub(super) no_clobber: bool,
    pub(super) remove_on_error: bool,
}

/// Where names and passwords come from besides.
#[derive(Debug, Default)]
pub(super) struct NetrcArgs {
    required: bool,
    optional: bool,
    file: Option<PathBuf>,
}

impl NetrcArgs {
    /// A file alone makes it required, as curl has it.
    pub(super) fn meaning(&self) -> Netrc {
        match (self.optional, self.required || self.file.is_some()) {
            (true, _) => Netrc::Optional(self.file.clone()),
            (false, true) => Netrc::Required(self.file.clone()),
            (false, false) => Netrc::Ignored,
        }
    }
}

impl CurlArgs {
    /// Where CA certificates are, where the caller says so.
    pub(super) fn ca(&self) -> Option<CaStore> {
        let store = CaStore {
            file: self.cacert.clone(),
            path: self.capath.clone(),
        };
        Some(store).filter(|store| *store != CaStore::default())
    }

    /// Reads them.
    pub(super) fn parse(arguments: Vec<OsString>) -> anyhow::Result<CurlArgs> {
        let mut this = parse::parse(arguments)?;
        form::close(&mut this);
        this.check()?;
        this.settle()?;
        Ok(this)
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.urls.is_empty() {
            bail!("no URL is given: write it after the plugin");
        }
        if self.outputs.len() > self.urls.len() {
            let (outputs, urls) = (self.outputs.len(), self.urls.len());
            let noun = if urls == 1 { "URL" } else { "URLs" };
            bail!("{outputs} outputs are named for {urls} {noun}: -o and -O are given once for each");
        }
        if self.files.server_names && self.include {
            bail!("-J and -i exclude each other: the headers come before the file has its name");
        }
        if self.continue_at.is_some() && self.files.no_clobber {
            bail!("-C and --no-clobber exclude each other: to resume is to write to a file that is there");
        }
        if self.continue_at.is_some() && self.files.remove_on_error {
            bail!("-C and --remove-on-error exclude each other: nothing would be left to resume");
        }
        if (self.etag_save.is_some() || self.etag_compare.is_some()) && self.urls.len() > 1 {
            bail!("--etag-save and --etag-compare are for one URL");
        }
        if self.http.range.is_some() && self.continue_at.is_some() {
            bail!("-r and -C exclude each other: both say where to begin");
        }
        if self.continue_at.is_some() && ((self.data.is_some() && !self.get) || !self.form.is_empty()) {
            bail!("-C and what is posted exclude each other: a download resumes, and what -T sends");
        }
        let bodies = [
            ("-d", self.data.is_some() && !self.get),
            ("-F", !self.form.is_empty()),
            ("-T", self.upload.is_some()),
            ("-I", self.http.head),
        ];
        let bodies: Vec<&str> = bodies
            .into_iter()
            .filter(|(_, given)| *given)
            .map(|(flag, _)| flag)
            .collect();
        if let [one, other, ..] = bodies[..] {
            bail!("{one} and {other} exclude each other: one request has one body");
        }
        if let (Some(min), Some(max)) = (self.tls.min, self.tls.max)
            && min > max
        {
            bail!("--tls-max is older than the oldest TLS that is asked for");
        }
        Ok(())
    }

    /// Whether the body comes from where it can be read only once, so that no second try can send it.
    pub(super) fn is_sent_once(&self) -> bool {
        self.upload.as_deref().is_some_and(is_read_once) || has_read_once(&self.form)
    }

    /// What several options mean together.
    fn settle(&mut self) -> anyhow::Result<()> {
        self.route.keepalive = !self.no_keepalive;
        if self.json {
            self.headers.extend(body::json_headers(&self.headers));
        }
        if let Some(etag) = &self.etag_compare {
            let header = Header::set("If-None-Match", etag).map_err(|why| anyhow!("--etag-compare: {why}"))?;
            self.headers.push(header);
        }
        // As curl has it, what goes in the query by -G goes there alone.
        let data = if self.get { self.data.take() } else { None };
        self.http.query = data.or_else(|| self.query.take());
        Ok(())
    }

    fn header(&mut self, given: Given) -> anyhow::Result<()> {
        let flag = given.flag.clone();
        let line = given.text()?;
        let Some(file) = line.strip_prefix('@') else {
            self.headers
                .push(Header::parse_as_curl(&line).map_err(|why| anyhow!("{flag}: {why}"))?);
            return Ok(());
        };
        let lines = body::read(&flag, file.as_bytes())?;
        let lines = String::from_utf8(lines).with_context(|| format!("{flag} @{}", escape(file)))?;
        for line in lines.lines().filter(|line| !line.is_empty()) {
            self.headers
                .push(Header::parse_as_curl(line).map_err(|why| anyhow!("{flag} @{}: {why}", escape(file)))?);
        }
        Ok(())
    }
}

/// Whether a file can be read a second time: standard input, a pipe and a device cannot.
fn is_read_once(path: &Path) -> bool {
    path == Path::new("-") || std::fs::metadata(path).is_ok_and(|about| !about.is_file())
}

fn has_read_once(parts: &[FormPart]) -> bool {
    parts.iter().any(|part| match &part.content {
        FormContent::Bytes(_) => false,
        FormContent::File(path) => is_read_once(path),
        FormContent::Parts(parts) => has_read_once(parts),
    })
}

/// The file of an upload.
pub(super) fn upload_file(path: &Path) -> anyhow::Result<File> {
    File::open(path).map_err(|error| unreadable("-T ", path, &error))
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
        assert_eq!(args.outputs, [Target::File("out".into())]);
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
