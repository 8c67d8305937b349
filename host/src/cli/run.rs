//! `transferhost run`: curl's transfer, with a plugin deciding.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;

use super::args::Run;
use super::curl::{CurlArgs, upload_file};
use super::interrupt::Interrupt;
use super::{Exit, cache, harden, inspect, progress, say};
use crate::callback::Callback;
use crate::curl::{CurlCode, LibcurlVersion, escape_segment, stdout_was_closed};
use crate::escape::escape;
use crate::guest::{LoadError, Plugin};
use crate::host::Host;
use crate::sink::{FileSink, Sink, StdoutSink};
use crate::suggest;
use crate::tenant::policy::{Policy, PolicyKind};
use crate::transfer::{Abort, Body, Observer, Outcome, Source, Ssh, Transfer, TransferSpec};

/// Runs each URL in order, with a fresh guest each; the exit code is that of the first that failed.
pub(super) fn run(mut ours: Run, curl: Vec<OsString>) -> anyhow::Result<u8> {
    let (plugin, curl) = match (ours.no_plugin, ours.rest.is_empty()) {
        (true, _) => (None, curl),
        (false, true) => bail!("no plugin is given: write its file, then curl's options and the URL"),
        (false, false) => {
            let mut rest = std::mem::take(&mut ours.rest).into_iter();
            (rest.next().map(PathBuf::from), rest.collect())
        }
    };
    if let Some(url) = plugin
        .as_ref()
        .map(|path| path.to_string_lossy())
        .filter(|path| path.contains("://"))
    {
        bail!(
            "{} is a URL and stands where the plugin should: name a plugin before it, or give --no-plugin",
            escape(&url)
        );
    }
    let curl = CurlArgs::parse(curl)?;
    let policy = policy(&ours)?;
    let cache = plugin.is_some().then(cache::directory).flatten();
    let mut outcomes = Outcomes::open(ours.outcome.as_deref())?;
    // Before the engine is made, which makes threads.
    let mut hardened = harden::begin(&ours, &curl, &policy, plugin.as_deref(), cache.as_deref())?;
    let host = Host::new(policy, cache)?;
    let plugin = match plugin.map(|path| host.load(&path)).transpose() {
        Ok(plugin) => plugin,
        Err(error) => {
            for url in &curl.urls {
                outcomes.write(&not_loaded(url, &error))?;
            }
            return Err(error.into());
        }
    };
    let without = without(&ours.without, plugin.as_ref())?;
    let reads = plugin
        .as_ref()
        .is_some_and(|plugin| plugin.callbacks().contains(&Callback::Read));
    if ours.upload_size.is_some() && (!reads || without.contains(&Callback::Read)) {
        bail!("--upload-size is the size of what a plugin's `read` sends, and no plugin decides it here");
    }
    if let Some(plugin) = plugin.as_ref().filter(|_| !curl.silent) {
        for (callback, why) in inspect::uncalled(plugin) {
            if without.contains(&callback) {
                continue;
            }
            say(&format!("warning: {} exports {callback}, but {why}", plugin.name()));
        }
    }
    hardened.narrow()?;
    let interrupt = Interrupt::listen().context("signals cannot be caught")?;
    let mut first = CurlCode::OK;
    for (at, url) in curl.urls.iter().enumerate() {
        let output = curl.outputs.get(at).filter(|output| output.as_os_str() != "-");
        let run = One {
            ours: &ours,
            curl: &curl,
            url,
            first: at == 0,
            output: output.map(PathBuf::as_path),
            without: &without,
        };
        let outcome = run.transfer(&host, plugin.as_ref(), &interrupt)?;
        outcomes.write(&outcome)?;
        if let Some(code) = interrupt.exit_code() {
            return Ok(code);
        }
        if first == CurlCode::OK {
            first = outcome.code;
        }
    }
    Ok(u8::try_from(first.number()).unwrap_or(u8::MAX))
}

/// How a transfer ended whose plugin is none.
fn not_loaded(url: &str, error: &LoadError) -> Outcome {
    let abort = match error {
        LoadError::Trial {
            plugin,
            cause,
            limit,
            used,
            ..
        } => Some(Abort {
            callback: None,
            cause: *cause,
            limit: *limit,
            used: *used,
            reason: None,
            plugin: Some(plugin.clone()),
            blame: cause.blame(),
            backtrace: Vec::new(),
        }),
        _ => None,
    };
    Outcome::unbegun(url, CurlCode::FAILED_INIT, error.to_string(), abort)
}

fn policy(ours: &Run) -> anyhow::Result<Policy> {
    let kind = ours.policy.map(PolicyKind::from);
    let mut policy = match &ours.policy_file {
        Some(path) => Policy::from_file(path, kind)?,
        None => Policy::new(kind.unwrap_or(PolicyKind::Curl))?,
    };
    let own = [
        ("fuel", &ours.fuel),
        ("fuel-total", &ours.fuel_total),
        ("call-time", &ours.call_time),
        ("memory", &ours.memory),
    ];
    for (key, value) in own {
        if let Some(value) = value {
            policy
                .limits_mut()
                .set_text(key, value)
                .map_err(|why| anyhow::anyhow!("--{key}: {}", escape(&why)))?;
        }
    }
    for (key, value) in &ours.limits {
        policy
            .limits_mut()
            .set_text(key, value)
            .map_err(|why| anyhow::anyhow!("--limit: {}", escape(&why)))?;
    }
    Ok(policy)
}

fn without(names: &[String], plugin: Option<&Plugin>) -> anyhow::Result<Vec<Callback>> {
    let exported = plugin.map(Plugin::callbacks).unwrap_or_default();
    let known = Callback::EXPORTED.map(Callback::name);
    let mut without = Vec::new();
    for name in names {
        match Callback::from_name(name) {
            Some(callback) if exported.contains(&callback) => without.push(callback),
            Some(callback) => bail!("--without {callback}: the plugin does not export it"),
            None => {
                let hint = suggest::nearest(name, known).map(|near| format!("; did you mean {near}?"));
                bail!(
                    "--without {}: there is no such callback{}",
                    escape(name),
                    hint.unwrap_or_default()
                )
            }
        }
    }
    Ok(without)
}

/// Where outcomes go. Opened before anything is dialled, so that none is lost for want of a place.
struct Outcomes(Option<Box<dyn std::io::Write>>);

impl Outcomes {
    fn open(path: Option<&Path>) -> anyhow::Result<Outcomes> {
        Ok(Outcomes(match path {
            None => None,
            Some(path) if path.as_os_str() == "-" => Some(Box::new(std::io::stderr())),
            Some(path) => {
                let file = std::fs::File::create(path);
                Some(Box::new(file.with_context(|| {
                    format!("--outcome: {}", escape(&path.to_string_lossy()))
                })?))
            }
        }))
    }

    fn write(&mut self, outcome: &Outcome) -> anyhow::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        let line = serde_json::to_string(outcome)? + "\n";
        file.write_all(line.as_bytes()).context("the outcome cannot be written")
    }
}

/// A URL whose path ends in `/`, or is empty, gets the file's name, as `-T` has it.
pub(super) fn with_file_name(url: &str, path: &Path) -> String {
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

/// A file, or stdout for `-`.
fn sink_of(path: &Path) -> anyhow::Result<Box<dyn Sink>> {
    if path != Path::new("-") {
        return Ok(Box::new(FileSink::new(path)));
    }
    let closed = |why: &str| Exit {
        code: 23,
        text: format!("(23) standard output {why}: use -o"),
    };
    if stdout_was_closed() {
        return Err(closed("is closed").into());
    }
    let stdout = StdoutSink::new().map_err(|error| closed(&format!("cannot be used ({error})")))?;
    Ok(Box::new(stdout))
}

/// Where the curl tool looks for the file of known hosts when it is not told.
pub(super) fn own_known_hosts() -> Option<PathBuf> {
    let file = std::env::home_dir()?.join(".ssh/known_hosts");
    file.is_file().then_some(file)
}

/// One URL of a run.
struct One<'a> {
    ours: &'a Run,
    curl: &'a CurlArgs,
    url: &'a str,
    first: bool,
    output: Option<&'a Path>,
    without: &'a [Callback],
}

impl One<'_> {
    fn transfer(&self, host: &Host, plugin: Option<&Plugin>, interrupt: &Interrupt) -> anyhow::Result<Outcome> {
        let on_terminal = self.output.is_none() && std::io::stdout().is_terminal();
        let bar = (!self.curl.silent && !on_terminal && std::io::stderr().is_terminal()).then(progress::bar);
        let spec = self.spec(plugin, bar.as_ref())?;
        let transfer = match Transfer::new(host, plugin, spec, self.sink()?) {
            Ok(transfer) => transfer,
            Err(error) => {
                let outcome = Outcome::refused(self.url, &error);
                self.tell(&outcome, interrupt);
                return Ok(outcome);
            }
        };
        interrupt.watch(transfer.handle());
        let outcome = transfer.run();
        if let Some(bar) = &bar {
            bar.finish_and_clear();
        }
        self.tell(&outcome, interrupt);
        Ok(outcome)
    }

    fn tell(&self, outcome: &Outcome, interrupt: &Interrupt) {
        let quiet = self.curl.silent && !self.curl.show_error;
        if outcome.message.is_empty() || outcome.broken_pipe || interrupt.exit_code().is_some() || quiet {
            return;
        }
        say(&format!("({}) {}", outcome.code, outcome.message));
        if let Some(abort) = outcome.abort.as_ref().filter(|_| self.curl.verbose) {
            for frame in &abort.backtrace {
                say(&format!("    at {frame}"));
            }
        }
    }

    fn sink(&self) -> anyhow::Result<Box<dyn Sink>> {
        sink_of(self.output.unwrap_or(Path::new("-")))
    }

    /// One file holds the headers of all URLs.
    fn dump(&self, path: &Path) -> anyhow::Result<Box<dyn Sink>> {
        if self.first || path == Path::new("-") {
            return sink_of(path);
        }
        Ok(Box::new(FileSink::appending(path)))
    }

    fn spec(&self, plugin: Option<&Plugin>, bar: Option<&ProgressBar>) -> anyhow::Result<TransferSpec> {
        let curl = self.curl;
        let mut url = self.url.to_owned();
        let body = match (&curl.data, &curl.upload) {
            (Some(data), _) => Body::Post(data.clone()),
            (None, Some(path)) if path.as_os_str() == "-" => Body::Upload(Source::stream(std::io::stdin())),
            (None, Some(path)) => {
                url = with_file_name(&url, path);
                let file = upload_file(path)?;
                Body::Upload(Source::file(file).with_context(|| format!("-T: {}", path.display()))?)
            }
            (None, None) => Body::None,
        };
        Ok(TransferSpec {
            url,
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
            dump_header: curl.dump_header.as_deref().map(|path| self.dump(path)).transpose()?,
            upload_size: self.ours.upload_size,
            resume_from: curl.continue_at,
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
            tls: curl.tls.clone(),
            netrc: curl.netrc.meaning(),
            config: self.ours.config.clone(),
            without: self.without.to_vec(),
            observer: self.observer(plugin, bar),
            #[cfg(feature = "testing")]
            panic_in: None,
        })
    }

    fn observer(&self, plugin: Option<&Plugin>, bar: Option<&ProgressBar>) -> Observer {
        let name = plugin.map(|plugin| plugin.name().to_owned()).unwrap_or_default();
        let shown = bar.cloned();
        // What is written beside a bar must go through it.
        let write = Arc::new(move |line: &str| match &shown {
            Some(bar) => bar.suspend(|| drop(writeln!(std::io::stderr(), "{line}"))),
            None => drop(writeln!(std::io::stderr(), "{line}")),
        });
        let prints = Arc::clone(&write);
        let denials = Arc::clone(&write);
        Observer {
            calls: self.ours.trace_calls.then_some(write as _),
            prints: Some(Arc::new(move |line: &str| prints(&format!("{name}: {line}")))),
            progress: bar.map(progress::observer),
            denials: self
                .curl
                .verbose
                .then(|| Arc::new(move |line: &str| denials(&format!("transferhost: {line}"))) as _),
        }
    }
}
