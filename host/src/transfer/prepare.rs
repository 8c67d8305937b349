//! libcurl's handle for a specification, with its guest made and asked.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::abort::Ended;
use super::dispatch::Dispatch;
use super::spec::{Body, Header, HttpVersion, SpecError, TransferSpec};
use super::view::View;
use crate::ca::CaStore;
use crate::callback::Callback;
use crate::curl::{
    Easy, Hooks, LongOption, OffsetOption, Part, SetoptError, SlistOption, TextOption, Url, http_version,
};
use crate::escape::{escape, quote};
use crate::guest::{Environment, Guest, Plugin, RequestHead};
use crate::host::Host;
use crate::limits::Limit;
use crate::sink::Sink;

impl From<SetoptError> for SpecError {
    fn from(error: SetoptError) -> SpecError {
        SpecError {
            what: error.to_string(),
            url: false,
        }
    }
}

/// A transfer that is ready to run; or one that has ended already, which its latch tells.
pub(super) struct Prepared {
    pub(super) easy: Easy<Dispatch>,
    pub(super) url: String,
}

/// Reads the URL, makes the guest, asks `start`, and sets libcurl's options.
pub(super) fn prepare(
    host: &Host,
    plugin: Option<&Plugin>,
    mut spec: TransferSpec,
    sink: Box<dyn Sink>,
) -> Result<Prepared, SpecError> {
    let wrong_url = |why: String| SpecError {
        what: format!("{}: {why}", quote(super::message::after_credentials(&spec.url))),
        url: true,
    };
    spec.check()?;
    let parsed = Url::parse(&spec.url).map_err(wrong_url)?;
    let scheme = parsed.get(Part::Scheme).unwrap_or_default();
    let name = parsed.get(Part::Host).unwrap_or_default();
    let full = parsed.get(Part::Url).unwrap_or_default();
    let url = parsed
        .without_credentials()
        .ok_or_else(|| wrong_url("it cannot be shown".to_owned()))?;

    let policy = Arc::clone(host.policy());
    let dispatch = Rc::new(Dispatch::new(Arc::clone(&policy), &spec, sink, scheme != "file"));
    let mut easy = Easy::new(Rc::clone(&dispatch))?;
    let exported: Vec<Callback> = plugin.map(Plugin::callbacks).unwrap_or_default().to_vec();
    let decides = |callback| exported.contains(&callback) && !spec.without.contains(&callback);

    let mut hooks = Hooks {
        header: spec.show_headers || decides(Callback::Header),
        xferinfo: spec.observer.progress.is_some() || decides(Callback::Xferinfo),
        opensocket: policy.guards_network() || decides(Callback::Opensocket),
        read: false,
    };
    dispatch.reports_progress.set(hooks.xferinfo);
    if exported
        .iter()
        .any(|callback| callback.decides_a_connection() && decides(*callback))
    {
        easy.set_long(LongOption::FRESH_CONNECT, 1)?;
        easy.set_long(LongOption::FORBID_REUSE, 1)?;
    }
    let method = method(&spec, &scheme);
    if let Some(plugin) = plugin {
        let view = View {
            url: url.clone(),
            host: name.trim_matches(['[', ']']).to_owned(),
            scheme: scheme.clone(),
            info: easy.info().clone(),
        };
        let environment = Environment {
            limits: policy.limits.clone(),
            config: std::mem::take(&mut spec.config),
            classifier: Arc::clone(&policy.classifier),
            printer: spec.observer.prints.clone().unwrap_or_else(|| Arc::new(|_: &str| {})),
            transfer: Box::new(view),
            may_wait: !policy.guards_network(),
            without: spec.without.clone(),
        };
        match dispatch.contain(None, || Guest::new(host.engine(), plugin, environment)) {
            Some(Ok(guest)) => drop(dispatch.guest.replace(Some(guest))),
            Some(Err(failure)) => dispatch.latch.set(Ended::new(None, failure)),
            None => {}
        }
    }
    dispatch.contain(Callback::Start, || amend(&dispatch, &mut spec, &url, &method));
    if dispatch.latch.is_set() {
        return Ok(Prepared { easy, url });
    }
    easy.set_text(TextOption::URL, full)?;
    set_request(&mut easy, &dispatch, &mut spec, &mut hooks)?;
    set_network(&mut easy, &spec, host)?;
    easy.hook(hooks)?;
    Ok(Prepared { easy, url })
}

fn method(spec: &TransferSpec, scheme: &str) -> String {
    if !scheme.starts_with("http") {
        return String::new();
    }
    let implied = match spec.body {
        Body::None => "GET",
        Body::Post(_) => "POST",
        Body::Upload(_) => "PUT",
    };
    spec.method.clone().unwrap_or_else(|| implied.to_owned())
}

/// Lets `start` amend the headers.
fn amend(dispatch: &Dispatch, spec: &mut TransferSpec, url: &str, method: &str) {
    let (set, removed): (Vec<_>, Vec<_>) = spec
        .headers
        .drain(..)
        .partition(|header| matches!(header, Header::Set(..)));
    let pair = |header: Header| match header {
        Header::Set(name, value) => (name, value),
        Header::Remove(name) => (name, String::new()),
    };
    let head = RequestHead {
        url: url.to_owned(),
        method: method.to_owned(),
        headers: set.into_iter().map(pair).collect(),
        removed: removed.into_iter().map(|header| pair(header).0).collect(),
    };
    let kept = head.clone();
    let call = || format!("start({} {})", escape(method), escape(url));
    let head = dispatch.ask(Callback::Start, call, |guest| guest.on_start(head), || kept);
    let head = head.unwrap_or_default();
    spec.headers = head
        .headers
        .into_iter()
        .map(|(name, value)| Header::Set(name, value))
        .collect();
    spec.headers.extend(head.removed.into_iter().map(Header::Remove));
}

fn set_request(
    easy: &mut Easy<Dispatch>,
    dispatch: &Dispatch,
    spec: &mut TransferSpec,
    hooks: &mut Hooks,
) -> Result<(), SpecError> {
    match std::mem::take(&mut spec.body) {
        Body::None => {}
        Body::Post(bytes) => {
            easy.set_long(LongOption::POST, 1)?;
            easy.set_post_fields(&bytes)?;
        }
        Body::Upload(source) => {
            easy.set_long(LongOption::UPLOAD, 1)?;
            if let Some(size) = source.size() {
                easy.set_offset(OffsetOption::INFILESIZE_LARGE, size)?;
            }
            dispatch.upload(source);
            hooks.read = true;
        }
    }
    if let Some(method) = &spec.method {
        easy.set_text(TextOption::CUSTOMREQUEST, method.as_str())?;
    }
    if !spec.headers.is_empty() {
        let lines: Vec<String> = spec.headers.iter().map(Header::line).collect();
        easy.set_slist(SlistOption::HTTPHEADER, &lines)?;
    }
    if let Some(agent) = &spec.user_agent {
        easy.set_text(TextOption::USERAGENT, agent.as_str())?;
    }
    if spec.compressed {
        // The empty string asks for all that libcurl can decode.
        easy.set_text(TextOption::ACCEPT_ENCODING, "")?;
    }
    easy.set_long(LongOption::FAILONERROR, i64::from(spec.fail_on_error))?;
    easy.set_long(LongOption::FOLLOWLOCATION, i64::from(spec.follow))?;
    easy.set_long(LongOption::VERBOSE, i64::from(spec.verbose))?;
    let version = match spec.http_version {
        HttpVersion::Default => http_version::V2_TLS,
        HttpVersion::V1_1 => http_version::V1_1,
        HttpVersion::V2 => http_version::V2,
    };
    easy.set_long(LongOption::HTTP_VERSION, version)?;
    Ok(())
}

fn set_network(easy: &mut Easy<Dispatch>, spec: &TransferSpec, host: &Host) -> Result<(), SpecError> {
    let policy = host.policy();
    let guarded = policy.guards_network();
    let redirects = policy.limits.get(Limit::Redirects);
    let total = policy.limits.time(Limit::TotalTime);
    let (redirects, total) = match (spec.max_redirects.map(u64::from), spec.max_time) {
        // Whoever runs curl on his own machine may ask for more than its default; a tenant may not.
        (wish, time) if !guarded => (wish.unwrap_or(redirects), time.unwrap_or(total)),
        (wish, time) => (
            wish.unwrap_or(redirects).min(redirects),
            time.unwrap_or(total).min(total),
        ),
    };
    easy.set_long(LongOption::MAXREDIRS, i64::try_from(redirects).unwrap_or(i64::MAX))?;
    easy.set_long(LongOption::TIMEOUT_MS, milliseconds(total))?;
    if let Some(time) = spec.connect_timeout {
        easy.set_long(LongOption::CONNECTTIMEOUT_MS, milliseconds(time))?;
    }
    if guarded {
        let schemes = policy.network.schemes.join(",");
        easy.set_text(TextOption::PROTOCOLS_STR, schemes.as_str())?;
        easy.set_text(TextOption::REDIR_PROTOCOLS_STR, schemes.as_str())?;
        // An empty proxy is none, whatever the environment says.
        easy.set_text(TextOption::PROXY, "")?;
    }
    let store = match &spec.ca {
        Some(store) => store.clone(),
        // A store that is broken matters to nobody who verifies nothing.
        None if spec.insecure => CaStore::default(),
        None => CaStore::from_environment(),
    };
    if spec.insecure {
        easy.set_long(LongOption::SSL_VERIFYPEER, 0)?;
        easy.set_long(LongOption::SSL_VERIFYHOST, 0)?;
    }
    use std::os::unix::ffi::OsStrExt as _;
    if let Some(file) = &store.file {
        easy.set_text(TextOption::CAINFO, file.as_os_str().as_bytes())?;
    }
    if let Some(path) = &store.path {
        easy.set_text(TextOption::CAPATH, path.as_os_str().as_bytes())?;
    }
    Ok(())
}

/// libcurl's `long`; a time below one millisecond would mean none at all.
fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis())
        .unwrap_or(i64::MAX)
        .clamp(1, i64::from(i32::MAX))
}
