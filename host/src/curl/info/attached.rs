//! The right to ask libcurl, and every call of getinfo that takes it.

use std::ffi::{CStr, c_char, c_long};
use std::ptr::{self, NonNull};

use curl_sys::{CURL, CURLINFO};

use super::{Info, InfoName, Kind};
use crate::curl::slist::{self, Slist};
use crate::curl::{sys_ext, version};

/// 8.13.0 copies FTP's entry path, of which each libcurl before it names the connection's own.
const COPIES_ENTRY_PATH: u32 = 0x08_0d_00;

/// The right to ask libcurl of a handle's values: the handle lives, and was not removed from its multi handle.
///
/// It can be had once, and is neither copied nor cloned.
#[derive(Debug)]
pub(crate) struct Attached(NonNull<CURL>);

// SAFETY: on another thread it is good for nothing. `InfoHandle` alone has it and lends it to no thread but its owner's,
// and `detach` gives it to an Easy or a Multi, which stay on that thread themselves.
unsafe impl Send for Attached {}

impl Attached {
    /// # Safety
    /// The handle lives, and stays in the multi handle that it may be in, for as long as this does.
    pub(super) unsafe fn new(handle: NonNull<CURL>) -> Attached {
        Attached(handle)
    }

    /// Whose it is, for removing that from its multi handle.
    pub(in crate::curl) fn into_raw(self) -> *mut CURL {
        self.0.as_ptr()
    }
}

/// When libcurl is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// While it runs the transfer, which has its connection then.
    Underway,
    /// It may have ended the transfer, and the connection may be another's, or gone.
    Over,
}

/// The value of this name.
pub(super) fn value(attached: &Attached, InfoName(_, number, kind): &InfoName, moment: Moment) -> Option<Info> {
    Some(match kind {
        Kind::Text => Info::Text(text(attached, *number)?),
        Kind::ConnectionText if moment == Moment::Underway || outlives_connection() => {
            Info::Text(text(attached, *number)?)
        }
        Kind::ConnectionText => Info::Text(connection_text(attached, *number)?),
        Kind::Long => Info::Number(long(attached, *number)?),
        Kind::HttpVersion => Info::Text(http_version(long(attached, *number)?).to_owned()),
        Kind::Offset => Info::Number(offset(attached, *number)?),
        Kind::Microseconds => Info::Seconds(offset(attached, *number)? as f64 / 1e6),
    })
}

/// Whether libcurl copies what is a connection's before it names it.
fn outlives_connection() -> bool {
    version::is_at_least(COPIES_ENTRY_PATH)
}

/// The text, where the connection that it belongs to is still there: another transfer may have taken it over, and closed it.
fn connection_text(attached: &Attached, number: CURLINFO) -> Option<String> {
    // Asked first, since the other takes as long as there are connections.
    pointer(attached, number)?;
    let mut socket: curl_sys::curl_socket_t = sys_ext::CURL_SOCKET_BAD;
    // SAFETY: as in `pointer`; for this number libcurl writes one `curl_socket_t`: -1 where the connection that the transfer
    // used last is no longer among the multi handle's.
    let code =
        unsafe { curl_sys::curl_easy_getinfo(attached.0.as_ptr(), sys_ext::CURLINFO_ACTIVESOCKET, &raw mut socket) };
    if code != 0 || socket == sys_ext::CURL_SOCKET_BAD {
        return None;
    }
    text(attached, number)
}

/// Where libcurl's text is; `None` where it has none.
fn pointer(attached: &Attached, number: CURLINFO) -> Option<NonNull<c_char>> {
    let mut value: *mut c_char = ptr::null_mut();
    // SAFETY: the handle lives, since it is attached, and the table gives CURLINFO_STRING numbers the kinds Text and
    // ConnectionText, for which libcurl writes one `char *`.
    let code = unsafe { curl_sys::curl_easy_getinfo(attached.0.as_ptr(), number, &raw mut value) };
    NonNull::new(value).filter(|_| code == 0)
}

fn text(attached: &Attached, number: CURLINFO) -> Option<String> {
    let value = pointer(attached, number)?;
    // SAFETY: libcurl's string is NUL-terminated and stays until libcurl is used again, since the handle is attached, and
    // its connection, where the text is that one's, is there (`value`). It is copied at once.
    Some(unsafe { CStr::from_ptr(value.as_ptr()) }.to_string_lossy().into_owned())
}

/// As [`super::InfoHandle::cookies`].
pub(super) fn cookies(attached: &Attached) -> Vec<String> {
    let mut list: *mut curl_sys::curl_slist = ptr::null_mut();
    // SAFETY: as in `pointer`; for this number libcurl writes one pointer to a list, which is the caller's then.
    let code =
        unsafe { curl_sys::curl_easy_getinfo(attached.0.as_ptr(), curl_sys::CURLINFO_COOKIELIST, &raw mut list) };
    // SAFETY: the list is null, as it was, or libcurl's of this very call, and ours to free.
    let list = unsafe { Slist::from_raw(list) };
    if code == 0 { list.lines() } else { Vec::new() }
}

/// The certificates that the server showed, each as lines of `Name:value`, where CURLOPT_CERTINFO asks for them.
pub(super) fn certificates(attached: &Attached) -> Vec<Vec<String>> {
    let mut told: *mut sys_ext::Certinfo = ptr::null_mut();
    // SAFETY: as in `pointer`; for this number libcurl writes one pointer, to what stays its own.
    let code = unsafe { curl_sys::curl_easy_getinfo(attached.0.as_ptr(), curl_sys::CURLINFO_CERTINFO, &raw mut told) };
    if code != 0 || told.is_null() {
        return Vec::new();
    }
    // SAFETY: it is not null and lives until libcurl is used again; `certinfo` has so many lists.
    unsafe {
        let count = usize::try_from((*told).num_of_certs).unwrap_or(0);
        (0..count).map(|at| slist::lines(*(*told).certinfo.add(at))).collect()
    }
}

fn long(attached: &Attached, number: CURLINFO) -> Option<i64> {
    let mut value: c_long = 0;
    // SAFETY: as in `pointer`; the table gives CURLINFO_LONG numbers the kind Long, for which libcurl writes one `long`.
    let code = unsafe { curl_sys::curl_easy_getinfo(attached.0.as_ptr(), number, &raw mut value) };
    (code == 0).then_some(value)
}

fn offset(attached: &Attached, number: CURLINFO) -> Option<i64> {
    let mut value: curl_sys::curl_off_t = 0;
    // SAFETY: as in `pointer`; the table gives CURLINFO_OFF_T numbers the kinds Offset and Microseconds, for which libcurl
    // writes one `curl_off_t`.
    let code = unsafe { curl_sys::curl_easy_getinfo(attached.0.as_ptr(), number, &raw mut value) };
    (code == 0).then_some(value)
}

/// As [`super::InfoHandle::condition_unmet`].
pub(super) fn condition_unmet(attached: &Attached) -> bool {
    long(attached, curl_sys::CURLINFO_CONDITION_UNMET) == Some(1)
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
