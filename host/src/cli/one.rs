//! One URL of a run: its transfer, where its body goes, and what is said about it.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use indicatif::ProgressBar;

use super::args::Run;
use super::curl::{CurlArgs, Target, upload_file};
use super::interrupt::Interrupt;
use super::output::{HeadSink, Heads, Output, sink_of};
use super::retry::Tries;
use super::write_out::{self, Facts};
use super::{progress, say};
use crate::callback::Callback;
use crate::curl::{CurlCode, LibcurlVersion, escape_segment};
use crate::guest::Plugin;
use crate::host::Host;
use crate::sink::Sink;
use crate::transfer::{
    Body, Cookies, LineObserver, Observer, Operator, Outcome, Source, Ssh, Tls, Transfer, TransferSpec, WireObserver,
};

/// One URL of a run.
pub(super) struct One<'a> {
    pub(super) ours: &'a Run,
    pub(super) curl: &'a CurlArgs,
    /// Which of them.
    pub(super) at: usize,
    pub(super) without: &'a [Callback],
    pub(super) operator: Option<&'a Operator>,
    pub(super) wire: Option<&'a WireObserver>,
    /// The cookies that the URL before left.
    pub(super) cookies: Option<&'a [String]>,
}

impl One<'_> {
    /// Runs it, as often as `--retry` has it.
    pub(super) fn transfer(
        &self,
        host: &Host,
        plugin: Option<&Plugin>,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Outcome> {
        let url = url_of(self.curl, self.at);
        let output = Output::of(self.curl, self.at, &url);
        let mut tries = Tries::new(self.curl.retry);
        let (outcome, heads) = loop {
            let heads = Heads::default();
            let outcome = self.once(host, plugin, interrupt, &url, &output, &heads)?;
            let again = match self.curl.is_sent_once() {
                true => None,
                false => tries.again(&outcome),
            };
            let Some((time, why)) = again.filter(|_| interrupt.exit_code().is_none()) else {
                break (outcome, heads);
            };
            if !self.is_quiet() {
                let left = tries.left();
                say(&format!(
                    "warning: {why}: tried again in {} s, then {left} times more",
                    time.as_secs_f64()
                ));
            }
            interrupt.wait(time);
            if interrupt.exit_code().is_some() {
                break (outcome, heads);
            }
        };
        if outcome.code != CurlCode::OK && self.curl.files.remove_on_error {
            output.remove();
        }
        self.tell(&outcome, interrupt);
        if let Some(format) = self
            .curl
            .write_out
            .as_deref()
            .filter(|_| interrupt.exit_code().is_none())
        {
            let facts = Facts {
                outcome: &outcome,
                url: &url,
                number: self.at,
                retries: tries.count,
                filename: output.file().map(|file| file.name().to_string_lossy().into_owned()),
                heads: &heads,
            };
            write_out::write(format, &facts).context("-w")?;
        }
        Ok(outcome)
    }

    fn once(
        &self,
        host: &Host,
        plugin: Option<&Plugin>,
        interrupt: &Interrupt,
        url: &str,
        output: &Output,
        heads: &Heads,
    ) -> anyhow::Result<Outcome> {
        let on_terminal = output.file().is_none() && std::io::stdout().is_terminal();
        let shown = !self.curl.silent && !self.curl.no_progress_meter && !on_terminal;
        let bar = (shown && std::io::stderr().is_terminal()).then(progress::bar);
        let mut spec = self.spec(url, plugin, bar.as_ref())?;
        spec.resume_from = output.resumes().or(self.curl.continue_at.flatten());
        spec.dump_header = self.head_sink(output, heads)?;
        let transfer = match Transfer::new(host, plugin, spec, output.sink()?) {
            Ok(transfer) => transfer,
            Err(error) => return Ok(Outcome::refused(url, &error)),
        };
        interrupt.watch(transfer.handle());
        let outcome = transfer.run();
        if let Some(bar) = &bar {
            bar.finish_and_clear();
        }
        Ok(outcome)
    }

    /// What takes the header lines, where anybody wants them.
    fn head_sink(&self, output: &Output, heads: &Heads) -> anyhow::Result<Option<Box<dyn Sink>>> {
        let curl = self.curl;
        let remote = curl.outputs.get(self.at) == Some(&Target::Remote);
        let named = output.file().filter(|_| remote && curl.files.server_names).cloned();
        let wanted = curl.dump_header.is_some() || curl.write_out.is_some() || curl.etag_save.is_some();
        if !wanted && named.is_none() {
            return Ok(None);
        }
        // One file holds the headers of all URLs.
        let dump = curl
            .dump_header
            .as_deref()
            .map(|path| sink_of(path, self.at > 0))
            .transpose()?;
        Ok(Some(Box::new(HeadSink {
            heads: heads.clone(),
            dump,
            named,
            etag: curl.etag_save.clone(),
        })))
    }

    /// The URL, with the name of a file that is uploaded.
    fn is_quiet(&self) -> bool {
        self.curl.silent && !self.curl.show_error
    }

    fn tell(&self, outcome: &Outcome, interrupt: &Interrupt) {
        if outcome.message.is_empty() || outcome.broken_pipe || interrupt.exit_code().is_some() || self.is_quiet() {
            return;
        }
        say(&format!("({}) {}", outcome.code, outcome.message));
        if let Some(abort) = outcome.abort.as_ref().filter(|_| self.curl.verbose) {
            for frame in &abort.backtrace {
                say(&format!("    at {frame}"));
            }
        }
    }

    fn spec(&self, url: &str, plugin: Option<&Plugin>, bar: Option<&ProgressBar>) -> anyhow::Result<TransferSpec> {
        let curl = self.curl;
        let body = match (&curl.data, &curl.upload) {
            (Some(data), _) => Body::Post(data.clone()),
            (None, Some(path)) if path.as_os_str() == "-" => Body::Upload(Source::stream(std::io::stdin())),
            (None, Some(path)) => {
                let file = upload_file(path)?;
                Body::Upload(Source::file(file).with_context(|| format!("-T: {}", path.display()))?)
            }
            (None, None) if !curl.form.is_empty() => Body::Form(curl.form.clone()),
            (None, None) => Body::None,
        };
        Ok(TransferSpec {
            url: url.to_owned(),
            method: curl.request.clone(),
            headers: curl.headers.clone(),
            body,
            follow: curl.location,
            max_redirects: curl.max_redirs,
            fail_on_error: curl.fail,
            show_headers: curl.include,
            insecure: curl.insecure,
            ca: curl.ca(),
            max_time: curl.max_time,
            connect_timeout: curl.connect_timeout,
            compressed: curl.compressed,
            http_version: curl.http_version,
            dump_header: None,
            upload_size: self.ours.upload_size,
            resume_from: None,
            resume_at_end: curl.upload.is_some() && curl.continue_at == Some(None),
            user: curl.user.clone(),
            http_auth: curl.http_auth,
            ftp_port: curl.ftp_port.clone(),
            unix_socket: curl.unix_socket.clone(),
            ssh: Ssh {
                known_hosts: curl.ssh.known_hosts.clone().or_else(own_known_hosts),
                // Only a file that was named is written.
                known_hosts_stay: curl.ssh.known_hosts.is_none(),
                ..curl.ssh.clone()
            },
            verbose: curl.verbose,
            user_agent: match &curl.user_agent {
                Some(name) => Some(name.clone()).filter(|name| !name.is_empty()),
                // Origins know curl, and it is libcurl that speaks to them.
                None => Some(format!("curl/{}", LibcurlVersion::get().version)),
            },
            http: curl.http.clone(),
            pace: curl.pace,
            route: curl.route.clone(),
            proxy: curl.proxy.clone(),
            tls: Tls {
                tells_certificates: curl.write_out.is_some(),
                ..curl.tls.clone()
            },
            cookies: match self.cookies {
                Some(lines) => Cookies {
                    // They were among those.
                    files: Vec::new(),
                    lines: lines.to_vec(),
                    ..curl.cookies.clone()
                },
                None => curl.cookies.clone(),
            },
            netrc: curl.netrc.meaning(),
            operator: self.operator.cloned(),
            limits: None,
            config: self.ours.config.clone(),
            without: self.without.to_vec(),
            observer: self.observer(plugin, bar),
            #[cfg(feature = "testing")]
            stub: crate::testing::Stub::default(),
        })
    }

    fn observer(&self, plugin: Option<&Plugin>, bar: Option<&ProgressBar>) -> Observer {
        let shown = bar.cloned();
        // What is written beside a bar must go through it.
        let write = Arc::new(move |line: &str| match &shown {
            Some(bar) => bar.suspend(|| drop(writeln!(std::io::stderr(), "{line}"))),
            None => drop(writeln!(std::io::stderr(), "{line}")),
        });
        let printer = |plugin: Option<&Plugin>| {
            let name = plugin.map(|plugin| plugin.name().to_owned()).unwrap_or_default();
            let prints = Arc::clone(&write);
            Some(Arc::new(move |line: &str| prints(&format!("{name}: {line}"))) as LineObserver)
        };
        let (prints, operator_prints) = (printer(plugin), printer(self.operator.map(|it| &it.plugin)));
        let denials = Arc::clone(&write);
        Observer {
            calls: self.ours.trace_calls.then_some(write as _),
            prints,
            operator_prints,
            progress: bar.map(progress::observer),
            wire: self.wire.cloned(),
            denials: self
                .curl
                .verbose
                .then(|| Arc::new(move |line: &str| denials(&format!("transferhost: {line}"))) as _),
        }
    }
}

/// The URL at this place, with the name of what is uploaded.
pub(super) fn url_of(curl: &CurlArgs, at: usize) -> String {
    let url = curl.urls.get(at).map(String::as_str).unwrap_or_default();
    match curl.upload.as_deref() {
        Some(path) if path != Path::new("-") => with_file_name(url, path),
        _ => url.to_owned(),
    }
}

/// A URL whose path ends in `/`, or is empty, gets the file's name, as `-T` has it.
fn with_file_name(url: &str, path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (front, rest) = url.split_at(end);
    let authority = front.find("://").map_or(0, |at| at + 3);
    let has_path = front[authority..].contains('/');
    let given = path.as_os_str().as_bytes();
    let name = given.rsplit(|byte| *byte == b'/').next().and_then(escape_segment);
    match (front.ends_with('/') && has_path, has_path, name) {
        (true, _, Some(name)) => format!("{front}{name}{rest}"),
        (_, false, Some(name)) => format!("{front}/{name}{rest}"),
        _ => url.to_owned(),
    }
}

/// Where the curl tool looks for the file of known hosts when it is not told.
pub(super) fn own_known_hosts() -> Option<PathBuf> {
    let file = std::env::home_dir()?.join(".ssh/known_hosts");
    file.is_file().then_some(file)
}
