//! `transferhost run`: curl's transfer, with a plugin deciding.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::Run;
use super::curl::CurlArgs;
use super::interrupt::Interrupt;
use super::one::One;
use super::{cache, harden, inspect, say, trace_ascii};
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::CurlCode;
use crate::escape::escape;
use crate::guest::{LoadError, Plugin, PluginFile};
use crate::host::Host;
use crate::suggest;
use crate::tenant::policy::{Policy, PolicyKind};
use crate::tenant::policy_file::PolicyFile;
use crate::transfer::{Abort, Operator, Outcome};

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
    let has_guest = plugin.is_some() || ours.operator.is_some();
    let cache = has_guest.then(cache::directory).flatten();
    if let Some(path) = &curl.stderr {
        redirect_stderr(path)?;
    }
    if let Some(jar) = curl.cookies.jar.as_deref().filter(|_| !curl.silent || curl.show_error) {
        warn_of_jar(jar);
    }
    let wire = curl.trace_ascii.as_deref().map(trace_ascii::observer).transpose()?;
    let mut outcomes = Outcomes::open(ours.outcome.as_deref())?;
    let mut told = |error: LoadError| -> anyhow::Error {
        let told = curl
            .urls
            .iter()
            .try_for_each(|url| outcomes.write(&not_loaded(url, &error)));
        told.err().unwrap_or_else(|| error.into())
    };
    let cache_path = cache.as_ref().map(|cache| cache.path().to_owned());
    let loader = cache::loader(cache).alone();
    // Before the process is hardened, after which it starts no other.
    let mut read = |path: Option<&Path>| -> anyhow::Result<Option<PluginFile>> {
        let read = path.map(|path| Host::read(path, &policy, &loader));
        read.transpose().map_err(&mut told)
    };
    let operator = read(ours.operator.as_deref())?;
    let plugin = read(plugin.as_deref())?;
    // Before the engine is made, which makes threads.
    let mut hardened = harden::begin(&ours, &curl, &policy, cache_path.as_deref())?;
    let host = Host::new(policy, loader)?;
    let mut load = |file: Option<PluginFile>| -> anyhow::Result<Option<Plugin>> {
        let loaded = file.map(|file| host.load_file(&file));
        loaded.transpose().map_err(&mut told)
    };
    let operator = load(operator)?.map(|plugin| Operator {
        plugin,
        limits: host.policy().limits().clone(),
        config: ours.operator_set.clone(),
    });
    let plugin = load(plugin)?;
    host.rest();
    let without = without(&ours.without, plugin.as_ref())?;
    let decides = |plugin: &Plugin| plugin.callbacks().contains(&Callback::Read);
    let by_operator = operator.as_ref().is_some_and(|operator| decides(&operator.plugin));
    if ours.upload_size.is_some() && !by_operator {
        let why = match &plugin {
            None => Some("there is no plugin".to_owned()),
            Some(plugin) if !decides(plugin) => Some(format!("{} does not export `read`", plugin.name())),
            Some(_) if without.contains(&Callback::Read) => Some("--without read takes it from the plugin".to_owned()),
            Some(_) => None,
        };
        if let Some(why) = why {
            bail!("--upload-size is the size of what a plugin's `read` sends, and {why}: leave it out");
        }
    }
    if !curl.silent {
        operator.iter().for_each(|operator| warn_of(&operator.plugin, &[]));
        plugin.iter().for_each(|plugin| warn_of(plugin, &without));
    }
    hardened.narrow()?;
    let interrupt = Interrupt::listen().context("signals cannot be caught")?;
    let mut first = CurlCode::OK;
    let mut cookies: Option<Vec<String>> = None;
    for at in 0..curl.urls.len() {
        let one = One {
            ours: &ours,
            curl: &curl,
            at,
            without: &without,
            operator: operator.as_ref(),
            wire: wire.as_ref(),
            cookies: cookies.as_deref(),
        };
        let outcome = one.transfer(&host, plugin.as_ref(), &interrupt)?;
        outcomes.write(&outcome)?;
        cookies = Some(outcome.cookies);
        if let Some(code) = interrupt.exit_code() {
            return Ok(code);
        }
        if first == CurlCode::OK {
            first = outcome.code;
        }
    }
    Ok(u8::try_from(first.number()).unwrap_or(u8::MAX))
}

/// Says what of a plugin libcurl will not call.
fn warn_of(plugin: &Plugin, without: &[Callback]) {
    for (callback, why) in inspect::uncalled(plugin) {
        if !without.contains(&callback) {
            say(&format!("warning: {} exports {callback}, but {why}", plugin.name()));
        }
    }
}

/// All that writes to stderr writes there from now on, libcurl too.
fn redirect_stderr(path: &Path) -> anyhow::Result<()> {
    let done = match path.as_os_str() == "-" {
        true => rustix::stdio::dup2_stderr(std::io::stdout()),
        false => {
            let file = std::fs::File::create(path);
            rustix::stdio::dup2_stderr(file.with_context(|| format!("--stderr: {}", escape(&path.to_string_lossy())))?)
        }
    };
    done.context("--stderr")
}

/// libcurl writes the jar when all is over, and says under `-v` alone that it cannot.
fn warn_of_jar(jar: &Path) {
    use rustix::fs::{Access, access};
    let of_file = match access(jar, Access::WRITE_OK) {
        Err(rustix::io::Errno::NOENT) => Ok(()),
        other => other,
    };
    // It is written beside, and then renamed; what is no regular file is written to.
    let folder = match jar.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let beside = match jar.metadata() {
        Ok(file) if !file.is_file() => Ok(()),
        _ => access(folder, Access::WRITE_OK | Access::EXEC_OK),
    };
    if jar != Path::new("-")
        && let Err(error) = of_file.and(beside)
    {
        let jar = escape(&jar.to_string_lossy());
        say(&format!("warning: -c {jar}: {error}: no cookies will be written"));
    }
}

/// How a transfer ended whose plugin is none.
pub(super) fn not_loaded(url: &str, error: &LoadError) -> Outcome {
    let abort = match error {
        LoadError::Trial {
            plugin,
            cause,
            limit,
            used,
            ..
        }
        | LoadError::Loading {
            plugin,
            cause,
            limit,
            used,
            ..
        } => Some(Abort {
            limit: *limit,
            used: *used,
            plugin: Some(plugin.clone()),
            ..Abort::of(*cause)
        }),
        LoadError::Quota { plugin, most } => Some(Abort {
            limit: Some(*most),
            used: Some(*most),
            plugin: Some(plugin.clone()),
            ..Abort::of(Cause::Quota)
        }),
        _ => None,
    };
    Outcome::unbegun(url, CurlCode::FAILED_INIT, error.to_string(), abort)
}

fn policy(ours: &Run) -> anyhow::Result<Policy> {
    let kind = ours.policy.map(PolicyKind::from);
    let mut policy = match &ours.policy_file {
        Some(path) => {
            let file = PolicyFile::read(path, kind, PolicyKind::Curl)?;
            if file.operator.is_some() && ours.operator.is_none() {
                bail!("[operator] of the policy file holds in a batch: name its plugin here with --operator as well");
            }
            file.defaults.policy
        }
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
    let known = Callback::ALL.map(Callback::name);
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
