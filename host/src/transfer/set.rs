//! Gives libcurl the rarer options.

use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use super::dispatch::Dispatch;
use super::options::{Cookies, Http, IpVersion, Netrc, Pace, Proxy, Route, TimeCondition, Tls, TlsVersion};
use super::spec::SpecError;
use crate::ca::CaStore;
use crate::curl::{
    Easy, LongOption, OffsetOption, SetoptError, SlistOption, TextOption, ip_resolve, netrc, post_redir, ssl_version,
    time_condition,
};
use crate::limits::Limit;
use crate::tenant::policy::Policy;

type Set = Result<(), SetoptError>;

/// What the request says.
pub(super) fn http(easy: &mut Easy<Dispatch>, http: &Http) -> Set {
    let texts = [
        (TextOption::REFERER, &http.referer),
        (TextOption::COOKIE, &http.cookie),
        (TextOption::RANGE, &http.range),
        (TextOption::REQUEST_TARGET, &http.target),
        (TextOption::XOAUTH2_BEARER, &http.bearer),
    ];
    set_texts(easy, texts)?;
    let flags = [
        (LongOption::NOBODY, http.head),
        (LongOption::AUTOREFERER, http.auto_referer),
        (LongOption::PATH_AS_IS, http.path_as_is),
        (LongOption::UNRESTRICTED_AUTH, http.trusts_location),
    ];
    for (option, _) in flags.into_iter().filter(|(_, on)| *on) {
        easy.set_long(option, 1)?;
    }
    let keeps = http.keeps_post;
    let bits = [
        (keeps.moved_permanently, post_redir::POST_301),
        (keeps.found, post_redir::POST_302),
        (keeps.see_other, post_redir::POST_303),
    ];
    let bits = bits
        .into_iter()
        .filter(|(on, _)| *on)
        .fold(0, |all, (_, bit)| all | bit);
    easy.set_long(LongOption::POSTREDIR, bits)?;
    let (condition, time) = match http.time_condition {
        None => return Ok(()),
        Some(TimeCondition::ModifiedSince(time)) => (time_condition::MODIFIED_SINCE, time),
        Some(TimeCondition::UnmodifiedSince(time)) => (time_condition::UNMODIFIED_SINCE, time),
        Some(TimeCondition::LastModified(time)) => (time_condition::LAST_MODIFIED, time),
    };
    easy.set_long(LongOption::TIMECONDITION, condition)?;
    easy.set_offset(OffsetOption::TIMEVALUE_LARGE, u64::try_from(time).unwrap_or(0))
}

/// How fast and how much. A policy that guards the network can be made stricter here, and no laxer.
pub(super) fn pace(easy: &mut Easy<Dispatch>, pace: &Pace, policy: &Policy) -> Set {
    let own = (
        policy.limits.get(Limit::LowSpeed),
        policy.limits.time(Limit::LowSpeedTime),
    );
    let wish = (
        pace.speed_limit.or(pace.speed_time.map(|_| 1)),
        // curl's own, where one of both is given.
        pace.speed_time.or(pace.speed_limit.map(|_| Duration::from_secs(30))),
    );
    let (slow, patience) = match wish {
        (Some(slow), Some(patience)) if policy.guards_network() => (slow.max(own.0), patience.min(own.1)),
        (Some(slow), Some(patience)) => (slow, patience),
        _ => own,
    };
    easy.set_long(LongOption::LOW_SPEED_LIMIT, long(slow))?;
    easy.set_long(LongOption::LOW_SPEED_TIME, seconds(patience))?;
    if let Some(rate) = pace.rate {
        easy.set_offset(OffsetOption::MAX_SEND_SPEED_LARGE, rate)?;
        easy.set_offset(OffsetOption::MAX_RECV_SPEED_LARGE, rate)?;
        // As the curl tool has it: a buffer of more than a second's bytes would make the pace a jerky one.
        if rate < BUFFER {
            easy.set_long(LongOption::BUFFERSIZE, long(rate))?;
        }
    }
    match pace.largest {
        Some(largest) => easy.set_offset(OffsetOption::MAXFILESIZE_LARGE, largest),
        None => Ok(()),
    }
}

/// The curl tool's buffer.
const BUFFER: u64 = 100 << 10;

/// Whom libcurl reaches.
pub(super) fn route(easy: &mut Easy<Dispatch>, route: &Route) -> Set {
    for (option, entries) in [
        (SlistOption::RESOLVE, &route.resolve),
        (SlistOption::CONNECT_TO, &route.connect_to),
    ] {
        if !entries.is_empty() {
            easy.set_slist(option, entries)?;
        }
    }
    set_texts(easy, [(TextOption::INTERFACE, &route.interface)])?;
    match route.ip {
        IpVersion::Any => {}
        IpVersion::V4 => easy.set_long(LongOption::IPRESOLVE, ip_resolve::V4)?,
        IpVersion::V6 => easy.set_long(LongOption::IPRESOLVE, ip_resolve::V6)?,
    }
    easy.set_long(LongOption::TCP_KEEPALIVE, i64::from(route.keepalive))?;
    if let Some(time) = route.keepalive_time {
        easy.set_long(LongOption::TCP_KEEPIDLE, seconds(time))?;
        easy.set_long(LongOption::TCP_KEEPINTVL, seconds(time))?;
    }
    match route.happy_eyeballs {
        Some(time) => easy.set_long(LongOption::HAPPY_EYEBALLS_TIMEOUT_MS, milliseconds(time)),
        None => Ok(()),
    }
}

/// The schemes that may be used: of the policy's, where it guards the network, those that the caller names.
pub(super) fn schemes(easy: &mut Easy<Dispatch>, route: &Route, policy: &Policy) -> Result<(), SpecError> {
    for (option, wish, what) in [
        (TextOption::PROTOCOLS_STR, &route.schemes, "--proto"),
        (
            TextOption::REDIR_PROTOCOLS_STR,
            &route.redirect_schemes,
            "--proto-redir",
        ),
    ] {
        let open = policy.guards_network().then_some(&policy.network.schemes);
        let schemes: Vec<String> = match (wish, open) {
            (None, None) => continue,
            (None, Some(open)) => open.clone(),
            (Some(wish), None) => wish.clone(),
            (Some(wish), Some(open)) => wish.iter().filter(|scheme| open.contains(scheme)).cloned().collect(),
        };
        // A redirect may be given none; a transfer cannot do without.
        if schemes.is_empty() && option == TextOption::PROTOCOLS_STR {
            return Err(SpecError {
                what: format!("{what} leaves no scheme that may be used"),
                url: false,
            });
        }
        easy.set_text(option, schemes.join(","))?;
    }
    Ok(())
}

/// The proxy.
pub(super) fn proxy(easy: &mut Easy<Dispatch>, proxy: &Proxy) -> Set {
    let texts = [
        (TextOption::PROXY, &proxy.url),
        (TextOption::PROXYUSERPWD, &proxy.user),
        (TextOption::NOPROXY, &proxy.bypass),
    ];
    set_texts(easy, texts)?;
    if proxy.tunnel {
        easy.set_long(LongOption::HTTPPROXYTUNNEL, 1)?;
    }
    // As for the origin: a bundled libcurl knows no store of its own.
    if proxy.url.as_deref().is_some_and(|url| url.starts_with("https://")) {
        let store = CaStore::from_environment();
        for (option, path) in [
            (TextOption::PROXY_CAINFO, store.file),
            (TextOption::PROXY_CAPATH, store.path),
        ] {
            if let Some(path) = path {
                easy.set_text(option, path.as_os_str().as_bytes())?;
            }
        }
    }
    Ok(())
}

/// TLS.
pub(super) fn tls(easy: &mut Easy<Dispatch>, tls: &Tls) -> Set {
    if tls.min.is_some() || tls.max.is_some() {
        // Where only the newest is named, and it is older than the default's oldest, that goes down with it.
        let min = tls
            .min
            .unwrap_or(TlsVersion::V1_2.min(tls.max.unwrap_or(TlsVersion::V1_2)));
        let max = tls.max.map_or(0, |max| number(max) << ssl_version::MAX_SHIFT);
        easy.set_long(LongOption::SSLVERSION, number(min) | max)?;
    }
    for (option, path) in [(TextOption::SSLCERT, &tls.certificate), (TextOption::SSLKEY, &tls.key)] {
        if let Some(path) = path {
            easy.set_text(option, path.as_os_str().as_bytes())?;
        }
    }
    if tls.tells_certificates {
        easy.set_long(LongOption::CERTINFO, 1)?;
    }
    let texts = [
        (TextOption::KEYPASSWD, &tls.password),
        (TextOption::PINNEDPUBLICKEY, &tls.pinned),
    ];
    set_texts(easy, texts)
}

const fn number(version: TlsVersion) -> i64 {
    match version {
        TlsVersion::V1_0 => ssl_version::TLS_1_0,
        TlsVersion::V1_1 => ssl_version::TLS_1_1,
        TlsVersion::V1_2 => ssl_version::TLS_1_2,
        TlsVersion::V1_3 => ssl_version::TLS_1_3,
    }
}

/// Names and passwords from a file.
pub(super) fn netrc(easy: &mut Easy<Dispatch>, wish: &Netrc) -> Set {
    let (number, file) = match wish {
        Netrc::Ignored => return Ok(()),
        Netrc::Optional(file) => (netrc::OPTIONAL, file),
        Netrc::Required(file) => (netrc::REQUIRED, file),
    };
    easy.set_long(LongOption::NETRC, number)?;
    match file {
        Some(file) => easy.set_text(TextOption::NETRC_FILE, file.as_os_str().as_bytes()),
        None => Ok(()),
    }
}

/// Cookies that origins set.
pub(super) fn cookies(easy: &mut Easy<Dispatch>, wish: &Cookies) -> Set {
    if wish.junk_session {
        easy.set_long(LongOption::COOKIESESSION, 1)?;
    }
    if wish.are_kept() {
        // The empty file is none, and turns them on.
        easy.set_text(TextOption::COOKIEFILE, "")?;
    }
    for file in &wish.files {
        easy.set_text(TextOption::COOKIEFILE, file.as_os_str().as_bytes())?;
    }
    for line in &wish.lines {
        easy.set_text(TextOption::COOKIELIST, line.as_str())?;
    }
    match &wish.jar {
        Some(jar) => easy.set_text(TextOption::COOKIEJAR, jar.as_os_str().as_bytes()),
        None => Ok(()),
    }
}

fn set_texts<const N: usize>(easy: &mut Easy<Dispatch>, texts: [(TextOption, &Option<String>); N]) -> Set {
    for (option, text) in texts {
        if let Some(text) = text {
            easy.set_text(option, text.as_str())?;
        }
    }
    Ok(())
}

/// libcurl's `long`, as wide as the narrowest.
pub(super) fn long(number: u64) -> i64 {
    i64::from(i32::try_from(number).unwrap_or(i32::MAX))
}

/// Whole seconds, at least one where there are any.
fn seconds(time: Duration) -> i64 {
    long(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

/// libcurl's `long`; a time below one millisecond would mean none at all.
pub(super) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis())
        .unwrap_or(i64::MAX)
        .clamp(1, i64::from(i32::MAX))
}
