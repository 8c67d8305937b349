//! curl_easy_getinfo, by the name that curl's `-w` has for a value.
//!
//! It is the one function of libcurl that never calls back, so it is the one that a guest may reach from inside a
//! callback.
//!
//! **When libcurl may be asked.** A text that getinfo names is libcurl's own. It may go with the handle's connections, and
//! those go with the multi handle, or when another transfer of it closes them. So everything is copied, and libcurl is
//! asked until the transfer is over and no longer:
//!
//! - [`Attached`] is the right to ask. There is one of each handle, in its [`InfoHandle`], and every function below that
//!   calls getinfo borrows it.
//! - When libcurl has ended a transfer, and at the latest when the handle is about to leave its multi handle, all values are
//!   copied at once into an [`InfoSnapshot`]. From then on the `InfoHandle` answers from that.
//! - [`InfoHandle::detach`] gives the `Attached` away, and leaving the multi handle consumes it: what would read
//!   afterwards does not compile.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Instant;

use curl_sys::{CURL, CURLINFO};

use super::sys_ext;

mod attached;
mod snapshot;

pub(super) use attached::Attached;
use attached::Moment;
pub(crate) use snapshot::InfoSnapshot;

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

#[derive(Debug)]
enum Kind {
    Text,
    /// A text of the connection's own, to a libcurl that does not copy it.
    ConnectionText,
    Long,
    /// A long, which `-w` shows by the version's own number.
    HttpVersion,
    Offset,
    Microseconds,
}

/// A value's name.
#[derive(Debug)]
pub(crate) struct InfoName(&'static str, CURLINFO, Kind);

/// One table for `transfer.getinfo`, the outcome and `-w`: curl's name, libcurl's number, the type behind it.
static NAMES: &[InfoName] = &[
    InfoName("conn_id", sys_ext::off_t(64), Kind::Offset),
    InfoName("content_type", curl_sys::CURLINFO_CONTENT_TYPE, Kind::Text),
    InfoName(
        "ftp_entry_path",
        curl_sys::CURLINFO_FTP_ENTRY_PATH,
        Kind::ConnectionText,
    ),
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
            Kind::Text | Kind::ConnectionText => Info::Text(String::new()),
            Kind::HttpVersion => Info::Text("0".to_owned()),
            Kind::Long | Kind::Offset => Info::Number(0),
            Kind::Microseconds => Info::Seconds(0.0),
        }
    }
}

/// Answers what libcurl knows of a transfer, on the thread that made it.
#[derive(Clone, Debug)]
pub(crate) struct InfoHandle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    owner: ThreadId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Until the handle leaves its multi handle, or is cleaned up.
    attached: Option<Attached>,
    /// As soon as libcurl has ended the transfer.
    copied: Option<Arc<InfoSnapshot>>,
    /// When the handle went into a multi handle.
    begun: Option<Instant>,
}

impl InfoHandle {
    /// # Safety
    /// The handle lives until [`InfoHandle::detach`] was called, and this thread is the one that drives it.
    pub(super) unsafe fn new(handle: NonNull<CURL>) -> InfoHandle {
        InfoHandle(Arc::new(Shared {
            owner: thread::current().id(),
            state: Mutex::new(State {
                // SAFETY: as the caller promises.
                attached: Some(unsafe { Attached::new(handle) }),
                copied: None,
                begun: None,
            }),
        }))
    }

    /// Gives a detached handle back what libcurl is asked by. Until it goes into a multi handle it is answered from the copy.
    ///
    /// # Safety
    /// As [`InfoHandle::new`]; and the handle names nothing of a connection that is gone.
    pub(super) unsafe fn attach(&self, handle: NonNull<CURL>) {
        // SAFETY: as the caller promises.
        self.state().attached = Some(unsafe { Attached::new(handle) });
    }

    /// The handle is about to go into a multi handle.
    pub(super) fn begin(&self) {
        let mut state = self.state();
        state.begun = Some(Instant::now());
        state.copied = None;
    }

    /// libcurl has ended the transfer: its values are copied, before another one closes its connection.
    pub(super) fn end(&self) {
        let mut state = self.state();
        if let (Some(attached), None) = (&state.attached, &state.copied) {
            state.copied = Some(Arc::new(InfoSnapshot::of(attached)));
        }
    }

    /// Copies what was not copied yet, and gives away what libcurl is asked by: it is asked no more. `None` where that was
    /// done before.
    pub(super) fn detach(&self) -> Option<Attached> {
        let mut state = self.state();
        let attached = state.attached.take()?;
        let mut snapshot = match state.copied.take() {
            Some(copied) => Arc::unwrap_or_clone(copied),
            None => {
                let mut snapshot = InfoSnapshot::of(&attached);
                snapshot.took(state.begun.map(|begun| begun.elapsed()).unwrap_or_default());
                snapshot
            }
        };
        snapshot.cookies = attached::cookies(&attached);
        state.copied = Some(Arc::new(snapshot));
        Some(attached)
    }

    /// What was copied; nothing before that.
    pub(super) fn snapshot(&self) -> Arc<InfoSnapshot> {
        self.state().copied.clone().unwrap_or_default()
    }

    /// Nobody waits for another here: what is done meanwhile calls nothing but getinfo, which does not call back.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what was copied, or asks libcurl; `None` on another thread, before anything was copied.
    fn read<T>(&self, copied: impl FnOnce(&InfoSnapshot) -> T, ask: impl FnOnce(&Attached) -> T) -> Option<T> {
        let state = self.state();
        match (&state.copied, &state.attached) {
            (Some(snapshot), _) => Some(copied(snapshot)),
            (None, Some(attached)) if thread::current().id() == self.0.owner => Some(ask(attached)),
            (None, _) => None,
        }
    }

    /// The value; `None` where libcurl has none, and on another thread before the transfer's end.
    pub(crate) fn get(&self, name: &InfoName) -> Option<Info> {
        let ask = |attached: &Attached| attached::value(attached, name, Moment::Underway);
        self.read(|snapshot| snapshot.get(name.0).cloned(), ask).flatten()
    }

    /// Whether nothing came because nothing is newer, or other, than was asked for.
    pub(crate) fn condition_unmet(&self) -> bool {
        self.read(|snapshot| snapshot.condition_unmet, attached::condition_unmet)
            .unwrap_or_default()
    }

    /// The cookies that are kept, each a line as a file of them has it. They are the handle's own, and may be changed until
    /// it is detached.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let state = self.state();
        match (&state.attached, &state.copied) {
            (Some(attached), _) if thread::current().id() == self.0.owner => attached::cookies(attached),
            (None, Some(snapshot)) => snapshot.cookies.clone(),
            _ => Vec::new(),
        }
    }

    /// The value of this name as a number; 0 where there is none.
    pub(crate) fn number(&self, name: &str) -> i64 {
        number(InfoName::find(name).and_then(|name| self.get(name)).as_ref())
    }

    /// The value of this name as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match InfoName::find(name).and_then(|name| self.get(name)) {
            Some(Info::Text(text)) => Some(text),
            _ => None,
        }
    }
}

fn number(value: Option<&Info>) -> i64 {
    match value {
        Some(Info::Number(number)) => *number,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_the_type_of_its_number() {
        for InfoName(name, number, kind) in NAMES.iter().chain(ASIDE) {
            let kind = match kind {
                Kind::Text | Kind::ConnectionText => curl_sys::CURLINFO_STRING,
                Kind::Long | Kind::HttpVersion => curl_sys::CURLINFO_LONG,
                Kind::Offset | Kind::Microseconds => sys_ext::CURLINFO_OFF_T,
            };
            assert_eq!(number & curl_sys::CURLINFO_TYPEMASK, kind, "{name}");
        }
    }
}
