//! curl_easy_getinfo, by the name that curl's `-w` has for a value.
//!
//! It is the one function of libcurl that never calls back, so it is the one that a guest may reach from inside a
//! callback.

use std::ffi::{CStr, c_char, c_long};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::thread::{self, ThreadId};

use curl_sys::{CURL, CURLINFO};

use super::slist::{self, Slist};
use super::sys_ext;

/// A value that libcurl has of a transfer.
#[derive(Clone, Debug, PartialEq)]
pub enum Info {
    /// Text, unprintable bytes and all.
    Text(String),
    /// A count, a size in bytes, a status or a port.
    Number(i64),
    /// A time.
    Seconds(f64),
}

enum Kind {
    Text,
    Long,
    /// A long, which `-w` shows by the version's own number.
    HttpVersion,
    Offset,
    Microseconds,
}

/// A value's name.
pub(crate) struct InfoName(&'static str, CURLINFO, Kind);

/// One table for `transfer.getinfo`, the outcome and `-w`: curl's name, libcurl's number, the type behind it.
static NAMES: &[InfoName] = &[
    InfoName("conn_id", sys_ext::off_t(64), Kind::Offset),
    InfoName("content_type", curl_sys::CURLINFO_CONTENT_TYPE, Kind::Text),
    InfoName("ftp_entry_path", curl_sys::CURLINFO_FTP_ENTRY_PATH, Kind::Text),
    InfoName("http_code", curl_sys::CURLINFO_RESPONSE_CODE, Kind::Long),
    InfoName("http_connect", curl_sys::CURLINFO_HTTP_CONNECTCODE, Kind::Long),
    InfoName("http_version", sys_ext::CURLINFO_HTTP_VERSION, Kind::HttpVersion),
    InfoName("local_ip", curl_sys::CURLINFO_LOCAL_IP, Kind::Text),
    InfoName("local_port", curl_sys::CURLINFO_LOCAL_PORT, Kind::Long),
    InfoName("method", sys_ext::CURLINFO_EFFECTIVE_METHOD, Kind::Text),
    InfoName("num_connects", curl_sys::CURLINFO_NUM_CONNECTS, Kind::Long),
    InfoName("num_redirects", curl_sys::CURLINFO_REDIRECT_COUNT, Kind::Long),
    InfoName(
        "proxy_ssl_verify_result",
        sys_ext::CURLINFO_PROXY_SSL_VERIFYRESULT,
        Kind::Long,
    ),
    InfoName("proxy_used", sys_ext::CURLINFO_USED_PROXY, Kind::Long),
    InfoName("redirect_url", curl_sys::CURLINFO_REDIRECT_URL, Kind::Text),
    InfoName("referer", sys_ext::CURLINFO_REFERER, Kind::Text),
    InfoName("remote_ip", curl_sys::CURLINFO_PRIMARY_IP, Kind::Text),
    InfoName("remote_port", curl_sys::CURLINFO_PRIMARY_PORT, Kind::Long),
    InfoName("response_code", curl_sys::CURLINFO_RESPONSE_CODE, Kind::Long),
    InfoName("scheme", sys_ext::CURLINFO_SCHEME, Kind::Text),
    InfoName("size_delivered", sys_ext::off_t(71), Kind::Offset),
    InfoName("size_download", sys_ext::off_t(8), Kind::Offset),
    InfoName("size_header", curl_sys::CURLINFO_HEADER_SIZE, Kind::Long),
    InfoName("size_request", curl_sys::CURLINFO_REQUEST_SIZE, Kind::Long),
    InfoName("size_upload", sys_ext::off_t(7), Kind::Offset),
    InfoName("speed_download", sys_ext::off_t(9), Kind::Offset),
    InfoName("speed_upload", sys_ext::off_t(10), Kind::Offset),
    InfoName("ssl_verify_result", curl_sys::CURLINFO_SSL_VERIFYRESULT, Kind::Long),
    InfoName("time_appconnect", sys_ext::off_t(56), Kind::Microseconds),
    InfoName("time_connect", sys_ext::off_t(52), Kind::Microseconds),
    InfoName("time_namelookup", sys_ext::off_t(51), Kind::Microseconds),
    InfoName("time_posttransfer", sys_ext::off_t(67), Kind::Microseconds),
    InfoName("time_pretransfer", sys_ext::off_t(53), Kind::Microseconds),
    InfoName("time_queue", sys_ext::off_t(65), Kind::Microseconds),
    InfoName("time_redirect", sys_ext::off_t(55), Kind::Microseconds),
    InfoName("time_starttransfer", sys_ext::off_t(54), Kind::Microseconds),
    InfoName("time_total", sys_ext::off_t(50), Kind::Microseconds),
    InfoName("tls_earlydata", sys_ext::off_t(68), Kind::Offset),
    InfoName("url_effective", curl_sys::CURLINFO_EFFECTIVE_URL, Kind::Text),
    InfoName("xfer_id", sys_ext::off_t(63), Kind::Offset),
];

/// What `-w` does not have, for the caller alone.
static ASIDE: &[InfoName] = &[
    InfoName("os_errno", curl_sys::CURLINFO_OS_ERRNO, Kind::Long),
    InfoName("retry_after", sys_ext::off_t(57), Kind::Offset),
];

impl InfoName {
    /// The value of this name, where there is one.
    pub(crate) fn find(name: &str) -> Option<&'static InfoName> {
        NAMES.iter().find(|info| info.0 == name)
    }

    /// Every name.
    #[cfg(feature = "cli")]
    pub(crate) fn all() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|info| info.0)
    }

    /// What stands for a value that libcurl does not know.
    #[cfg(feature = "cli")]
    pub(crate) fn nothing(&self) -> Info {
        match self.2 {
            Kind::Text => Info::Text(String::new()),
            Kind::HttpVersion => Info::Text("0".to_owned()),
            Kind::Long | Kind::Offset => Info::Number(0),
            Kind::Microseconds => Info::Seconds(0.0),
        }
    }
}

/// Asks an easy handle, for as long as that lives, on the thread that made it.
#[derive(Clone, Debug)]
pub(crate) struct InfoHandle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Null once the easy handle is gone.
    handle: AtomicPtr<CURL>,
    owner: ThreadId,
}

impl InfoHandle {
    pub(super) fn new(handle: NonNull<CURL>) -> InfoHandle {
        InfoHandle(Arc::new(Shared {
            handle: AtomicPtr::new(handle.as_ptr()),
            owner: thread::current().id(),
        }))
    }

    /// From now on there are no values.
    pub(super) fn retire(&self) {
        self.0.handle.store(ptr::null_mut(), Ordering::Release);
    }

    /// The value; `None` where libcurl has none, after the transfer's end, and on any other thread.
    pub(crate) fn get(&self, name: &InfoName) -> Option<Info> {
        let handle = NonNull::new(self.0.handle.load(Ordering::Acquire))?;
        if thread::current().id() != self.0.owner {
            return None;
        }
        let InfoName(_, number, kind) = name;
        Some(match kind {
            Kind::Text => Info::Text(text(handle, *number)?),
            Kind::Long => Info::Number(long(handle, *number)?),
            Kind::HttpVersion => Info::Text(http_version(long(handle, *number)?).to_owned()),
            Kind::Offset => Info::Number(offset(handle, *number)?),
            Kind::Microseconds => Info::Seconds(offset(handle, *number)? as f64 / 1e6),
        })
    }

    /// All that libcurl knows.
    pub(crate) fn all(&self) -> Vec<(&'static str, Info)> {
        let known = |name: &'static InfoName| self.get(name).map(|value| (name.0, value));
        NAMES.iter().chain(ASIDE).filter_map(known).collect()
    }

    /// The certificates that the server showed, each as lines of `Name:value`, where CURLOPT_CERTINFO asks for them.
    pub(crate) fn certificates(&self) -> Vec<Vec<String>> {
        let handle = NonNull::new(self.0.handle.load(Ordering::Acquire));
        let handle = handle.filter(|_| thread::current().id() == self.0.owner);
        handle.map(certificates).unwrap_or_default()
    }

    /// Whether nothing came because nothing is newer, or other, than was asked for.
    pub(crate) fn condition_unmet(&self) -> bool {
        let handle = NonNull::new(self.0.handle.load(Ordering::Acquire));
        let handle = handle.filter(|_| thread::current().id() == self.0.owner);
        handle.and_then(|handle| long(handle, curl_sys::CURLINFO_CONDITION_UNMET)) == Some(1)
    }

    /// The cookies that are kept, each a line as a file of them has it.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let handle = NonNull::new(self.0.handle.load(Ordering::Acquire));
        let handle = handle.filter(|_| thread::current().id() == self.0.owner);
        handle.map(cookies).unwrap_or_default()
    }

    /// The value of this name as a number; 0 where there is none.
    pub(crate) fn number(&self, name: &str) -> i64 {
        match InfoName::find(name).and_then(|name| self.get(name)) {
            Some(Info::Number(number)) => number,
            _ => 0,
        }
    }

    /// The value of this name as seconds; 0 where there is none.
    pub(crate) fn seconds(&self, name: &str) -> f64 {
        match InfoName::find(name).and_then(|name| self.get(name)) {
            Some(Info::Seconds(seconds)) => seconds,
            _ => 0.0,
        }
    }

    /// The value of this name as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match InfoName::find(name).and_then(|name| self.get(name)) {
            Some(Info::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// What `-w` writes for CURL_HTTP_VERSION_*.
fn http_version(number: i64) -> &'static str {
    match number {
        1 => "1.0",
        2 => "1.1",
        3 => "2",
        30 => "3",
        _ => "0",
    }
}

fn text(handle: NonNull<CURL>, number: CURLINFO) -> Option<String> {
    let mut value: *const c_char = ptr::null();
    // SAFETY: `handle` is not null, so its Easy lives (it nulls the pointer before its cleanup, on this same thread),
    // and the table gives CURLINFO_STRING numbers the kind Text, for which libcurl writes one `char *`.
    let code = unsafe { curl_sys::curl_easy_getinfo(handle.as_ptr(), number, &raw mut value) };
    if code != 0 || value.is_null() {
        return None;
    }
    // SAFETY: libcurl's string is NUL-terminated and stays until the handle is used again; it is copied at once.
    Some(unsafe { CStr::from_ptr(value) }.to_string_lossy().into_owned())
}

fn cookies(handle: NonNull<CURL>) -> Vec<String> {
    let mut list: *mut curl_sys::curl_slist = ptr::null_mut();
    // SAFETY: as in `text`; for this number libcurl writes one pointer to a list, which is the caller's then.
    let code = unsafe { curl_sys::curl_easy_getinfo(handle.as_ptr(), curl_sys::CURLINFO_COOKIELIST, &raw mut list) };
    // SAFETY: the list is null, as it was, or libcurl's of this very call, and ours to free.
    let list = unsafe { Slist::from_raw(list) };
    if code == 0 { list.lines() } else { Vec::new() }
}

fn certificates(handle: NonNull<CURL>) -> Vec<Vec<String>> {
    let mut told: *mut sys_ext::Certinfo = ptr::null_mut();
    // SAFETY: as in `text`; for this number libcurl writes one pointer, to what stays its own.
    let code = unsafe { curl_sys::curl_easy_getinfo(handle.as_ptr(), curl_sys::CURLINFO_CERTINFO, &raw mut told) };
    if code != 0 || told.is_null() {
        return Vec::new();
    }
    // SAFETY: it is not null and lives until the handle is used again; `certinfo` has so many lists.
    unsafe {
        let count = usize::try_from((*told).num_of_certs).unwrap_or(0);
        (0..count).map(|at| slist::lines(*(*told).certinfo.add(at))).collect()
    }
}

fn long(handle: NonNull<CURL>, number: CURLINFO) -> Option<i64> {
    let mut value: c_long = 0;
    // SAFETY: as in `text`; the table gives CURLINFO_LONG numbers the kind Long, for which libcurl writes one `long`.
    let code = unsafe { curl_sys::curl_easy_getinfo(handle.as_ptr(), number, &raw mut value) };
    (code == 0).then_some(value)
}

fn offset(handle: NonNull<CURL>, number: CURLINFO) -> Option<i64> {
    let mut value: curl_sys::curl_off_t = 0;
    // SAFETY: as in `text`; the table gives CURLINFO_OFF_T numbers the kinds Offset and Microseconds, for which libcurl
    // writes one `curl_off_t`.
    let code = unsafe { curl_sys::curl_easy_getinfo(handle.as_ptr(), number, &raw mut value) };
    (code == 0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_the_type_of_its_number() {
        for InfoName(name, number, kind) in NAMES.iter().chain(ASIDE) {
            let kind = match kind {
                Kind::Text => curl_sys::CURLINFO_STRING,
                Kind::Long | Kind::HttpVersion => curl_sys::CURLINFO_LONG,
                Kind::Offset | Kind::Microseconds => sys_ext::CURLINFO_OFF_T,
            };
            assert_eq!(number & curl_sys::CURLINFO_TYPEMASK, kind, "{name}");
        }
    }
}
