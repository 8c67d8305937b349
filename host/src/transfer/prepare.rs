//! libcurl's handle for a specification, with its guests made and asked.

use std::rc::Rc;
use std::sync::Arc;

use enumset::EnumSet;

use super::closed;
use super::dispatch::Dispatch;
use super::names::Names;
use super::set::{self, milliseconds};
use super::source::Source;
use super::spec::{Body, HttpAuth, HttpVersion, SpecError, TransferSpec};
use super::trust::{set_ssh, set_trust};
use super::view::View;
use super::{callbacks, environment};
use crate::callback::Callback;
use crate::curl::{
    Easy, Hook, LibcurlVersion, LongOption, OffsetOption, Part, SetoptError, SlistOption, TextOption, Url, Waker,
    descriptors, http_auth, http_version,
};
use crate::escape::quote;
use crate::field::Header;
use crate::guest::Plugin;
use crate::host::Host;
use crate::limits::Limit;
use crate::sink::Sink;
use crate::tenant::ledger::Ledger;

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

/// Reads the URL, makes the guests, asks `start`, and sets libcurl's options.
pub(super) fn prepare(
    host: &Host,
    plugin: Option<&Plugin>,
    mut spec: TransferSpec,
    sink: Box<dyn Sink>,
    waker: Waker,
    ledger: Option<Arc<Ledger>>,
) -> Result<Prepared, SpecError> {
    let wrong_url = |why: String| SpecError {
        what: format!("{}: {why}", quote(super::message::after_credentials(&spec.url))),
        url: true,
    };
    spec.check()?;
    let policy = match spec.limits.take() {
        Some(limits) => Arc::new(host.policy().within(&limits)),
        None => Arc::clone(host.policy()),
    };
    closed::check(&spec, &policy)?;
    // Read once more, as libcurl does: where it writes a zone, that may be another URL.
    let read = read_url(&spec).map_err(wrong_url)?.get(Part::Url);
    let full = read.ok_or_else(|| wrong_url("it cannot be written".to_owned()))?;
    let parsed = Url::parse_as_is(&full).map_err(wrong_url)?;
    let scheme = parsed.get(Part::Scheme).unwrap_or_default();
    let name = parsed.get(Part::Host).unwrap_or_default();
    let url = parsed
        .without_credentials()
        .ok_or_else(|| wrong_url("it cannot be shown".to_owned()))?;

    let dispatch = Rc::new(Dispatch::new(
        Arc::clone(&policy),
        &mut spec,
        sink,
        scheme != "file",
        &waker,
        ledger,
    ));
    let mut easy = Easy::new(Rc::clone(&dispatch))?;
    let _ = dispatch.info.set(easy.info().clone());
    let operator = spec.operator.take();
    environment::seat(&dispatch, operator.as_ref(), plugin, &spec.without);
    #[cfg(feature = "testing")]
    dispatch.seat_stub();
    let decides = |callback| dispatch.decides(callback);
    if Callback::ALL
        .into_iter()
        .any(|callback| callback.decides_a_connection() && decides(callback))
    {
        easy.set_long(LongOption::FRESH_CONNECT, 1)?;
        easy.set_long(LongOption::FORBID_REUSE, 1)?;
    }
    let method = method(&spec, &scheme);
    let whole = spec.resume_from.is_none() && !spec.resume_at_end && !matches!(spec.body, Body::Form(_));
    dispatch.again.is_asked(&method, whole);
    let view = View {
        url: url.clone(),
        host: name.trim_matches(['[', ']']).to_owned(),
        scheme: scheme.clone(),
        info: easy.info().clone(),
        body: dispatch.upload.body(),
    };
    environment::make_guests(host, &dispatch, operator, plugin, &mut spec, &view);
    dispatch.contain(Callback::Start, || {
        callbacks::start::amend(&dispatch, &mut spec, &url, &method)
    });
    if dispatch.latch.is_set() {
        return Ok(Prepared { easy, url });
    }
    easy.set_text(TextOption::URL, full)?;
    set_request(&mut easy, &spec)?;
    set::http(&mut easy, &spec.http)?;
    set_body(&mut easy, &dispatch, &mut spec, &scheme, waker)?;
    set_network(&mut easy, &dispatch, &spec)?;
    set_trust(&mut easy, &spec)?;
    set::tls(&mut easy, &spec.tls)?;
    set::netrc(&mut easy, &spec.netrc)?;
    set::cookies(&mut easy, &spec.cookies)?;
    let mut hooks = hooks(&dispatch, &spec, policy.guards_network());
    // A libcurl without SSH knows none of its options, and says itself that it does not know the scheme.
    if matches!(scheme.as_str(), "sftp" | "scp") && LibcurlVersion::get().can_fire(Callback::SshKey) {
        set_ssh(&mut easy, &spec, decides(Callback::SshKey))?;
        hooks.extend(decides(Callback::SshKey).then_some(Hook::SshKey));
    }
    if !hooks.contains(Hook::Seek) {
        dispatch.upload.drops(spec.resume_from.unwrap_or(0));
    }
    let timed = may_be_too_slow(&spec, policy.guards_network());
    dispatch.wants_beats.set(hooks.contains(Hook::Xferinfo) || timed);
    easy.hook(hooks)?;
    Ok(Prepared { easy, url })
}

/// What libcurl calls: what a guest decides, and what the host itself needs.
fn hooks(dispatch: &Dispatch, spec: &TransferSpec, guarded: bool) -> EnumSet<Hook> {
    let decides = |callback| dispatch.decides(callback);
    // What a guest is told of a socket, it is told of from its making to its end.
    let sockets = decides(Callback::Sockopt) || decides(Callback::Socket) || decides(Callback::Closesocket);
    // libcurl ignores what these answer, and would go on to the next address, request or redirect before it returns.
    let ignored = [Callback::Debug, Callback::Socket, Callback::Closesocket];
    let stops = ignored.into_iter().any(decides);
    let looks_names_up = dispatch.names.as_ref().is_some_and(Names::hands_over);
    let progress = spec.observer.progress.is_some() || decides(Callback::Xferinfo) || decides(Callback::Progress);
    let wanted = [
        // The policy counts header lines, whoever else wants them.
        (Hook::Header, true),
        (Hook::Xferinfo, progress),
        (
            Hook::Opensocket,
            stops || guarded || decides(Callback::Opensocket) || sockets || !descriptors::takes_any(),
        ),
        // Of an accepted connection libcurl tells nowhere else.
        (Hook::Sockopt, decides(Callback::Sockopt) || decides(Callback::Socket)),
        (Hook::Closesocket, sockets),
        (Hook::Read, dispatch.upload.is_begun()),
        (
            Hook::Seek,
            decides(Callback::Seek) || (dispatch.upload.is_begun() && !decides(Callback::Ioctl)),
        ),
        (Hook::Ioctl, decides(Callback::Ioctl)),
        (Hook::Debug, decides(Callback::Debug) || spec.observer.wire.is_some()),
        // On a connection that serves again, opensocket is not asked.
        (Hook::Prereq, stops || guarded),
        (Hook::ResolverStart, looks_names_up),
    ];
    wanted
        .into_iter()
        .filter_map(|(hook, wanted)| wanted.then_some(hook))
        .collect()
}

/// Whether libcurl has to look at the transfer's speed in silence too: of several silent ones in a multi handle it looks at
/// none by itself.
fn may_be_too_slow(spec: &TransferSpec, guarded: bool) -> bool {
    guarded || spec.pace.speed_limit.is_some() || spec.pace.speed_time.is_some()
}

/// The host and the port that a transfer asks first; empty where its URL cannot be read.
pub(super) fn destination(spec: &TransferSpec) -> String {
    let Ok(url) = read_url(spec) else { return String::new() };
    let host = url.get(Part::Host).unwrap_or_default().to_ascii_lowercase();
    match url.get(Part::Port) {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

/// The URL as libcurl shall have it.
fn read_url(spec: &TransferSpec) -> Result<Url, String> {
    let named = |text: &str| {
        let (scheme, rest) = text.split_once(':')?;
        let letters = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        (letters && rest.starts_with('/')).then_some(())
    };
    let full = match &spec.route.default_scheme {
        Some(scheme) if named(&spec.url).is_none() => &format!("{scheme}://{}", spec.url),
        _ => &spec.url,
    };
    let mut url = if spec.http.path_as_is {
        Url::parse_as_is(full)?
    } else {
        Url::parse(full)?
    };
    if let Some(query) = &spec.http.query {
        url.append_query(query)?;
    }
    Ok(url)
}

fn method(spec: &TransferSpec, scheme: &str) -> String {
    if !scheme.starts_with("http") {
        return String::new();
    }
    let implied = match spec.body {
        Body::None if spec.http.head => "HEAD",
        Body::None => "GET",
        Body::Post(_) | Body::Form(_) => "POST",
        Body::Upload(_) | Body::Plugin => "PUT",
    };
    spec.method.clone().unwrap_or_else(|| implied.to_owned())
}

fn set_request(easy: &mut Easy<Dispatch>, spec: &TransferSpec) -> Result<(), SpecError> {
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
    if let Some(user) = &spec.user {
        easy.set_text(TextOption::USERPWD, user.as_str())?;
    }
    let bearer = if spec.http.bearer.is_some() {
        http_auth::BEARER
    } else {
        0
    };
    match spec.http_auth {
        HttpAuth::Basic if bearer == 0 => {}
        HttpAuth::Basic => easy.set_long(LongOption::HTTPAUTH, bearer)?,
        HttpAuth::Digest => easy.set_long(LongOption::HTTPAUTH, http_auth::DIGEST | bearer)?,
        HttpAuth::Any => easy.set_long(LongOption::HTTPAUTH, http_auth::ANY)?,
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
        HttpVersion::V1_0 => http_version::V1_0,
        HttpVersion::V1_1 => http_version::V1_1,
        HttpVersion::V2 => http_version::V2,
        HttpVersion::V2PriorKnowledge => http_version::V2_PRIOR_KNOWLEDGE,
    };
    easy.set_long(LongOption::HTTP_VERSION, version)?;
    Ok(())
}

/// What is sent. Where a guest stands between, it is sent through it, and its size is what the caller says, if he does.
fn set_body(
    easy: &mut Easy<Dispatch>,
    dispatch: &Dispatch,
    spec: &mut TransferSpec,
    scheme: &str,
    waker: Waker,
) -> Result<(), SpecError> {
    if let Some(offset) = spec.resume_from {
        easy.set_offset(OffsetOption::RESUME_FROM_LARGE, offset)?;
    } else if spec.resume_at_end {
        easy.set_long(LongOption::RESUME_FROM, -1)?;
    }
    let through_guest = dispatch.decides(Callback::Read);
    let (option, size_option, source) = match std::mem::take(&mut spec.body) {
        Body::None => return Ok(()),
        Body::Form(parts) => return Ok(easy.set_form(&parts)?),
        // Not as CURLOPT_POSTFIELDS, which nobody could hold: it goes the way of every body.
        Body::Post(bytes) => (
            LongOption::POST,
            OffsetOption::POSTFIELDSIZE_LARGE,
            Some(Source::bytes(bytes)),
        ),
        Body::Upload(source) => (LongOption::UPLOAD, OffsetOption::INFILESIZE_LARGE, Some(source)),
        Body::Plugin => (LongOption::UPLOAD, OffsetOption::INFILESIZE_LARGE, None),
    };
    let size = if through_guest {
        spec.upload_size
    } else {
        source.as_ref().and_then(Source::size)
    };
    easy.set_long(option, 1)?;
    if let Some(size) = size {
        easy.set_offset(size_option, size)?;
    }
    let source = source.map(|mut source| {
        source.wakes(waker);
        source
    });
    dispatch.upload.begin(source, size, !scheme.starts_with("http"));
    Ok(())
}

/// Whom libcurl may reach, and for how long.
fn set_network(easy: &mut Easy<Dispatch>, dispatch: &Dispatch, spec: &TransferSpec) -> Result<(), SpecError> {
    let policy = &dispatch.policy;
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
    dispatch.redirects.most.set(redirects);
    dispatch.total.set(total);
    easy.set_long(LongOption::MAXREDIRS, i64::try_from(redirects).unwrap_or(i64::MAX))?;
    easy.set_long(LongOption::TIMEOUT_MS, milliseconds(total))?;
    set::pace(easy, &spec.pace, policy)?;
    set::route(easy, &spec.route)?;
    set::schemes(easy, &spec.route, policy)?;
    set::proxy(easy, &spec.proxy)?;
    if let (Some(names), Some(time)) = (&dispatch.names, spec.connect_timeout) {
        names.connect.set(time);
    }
    if let Some(time) = spec.connect_timeout {
        easy.set_long(LongOption::CONNECTTIMEOUT_MS, milliseconds(time))?;
    }
    if guarded {
        // An empty proxy is none, whatever the environment says.
        easy.set_text(TextOption::PROXY, "")?;
    }
    use std::os::unix::ffi::OsStrExt as _;
    if let Some(address) = &spec.ftp_port {
        easy.set_text(TextOption::FTPPORT, address.as_str())?;
    }
    if let Some(path) = &spec.unix_socket {
        easy.set_text(TextOption::UNIX_SOCKET_PATH, path.as_os_str().as_bytes())?;
    }
    Ok(())
}
