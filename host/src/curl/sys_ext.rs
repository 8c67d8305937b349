//! What curl-sys 0.4.91 lacks and this crate uses, each with its header and the curl release it came with.
//!
//! Numbers are libcurl's ABI and never change; a test compares them with `curl/curl.h` where that header is at hand.

use std::ffi::{c_char, c_int, c_uint, c_void};

use curl_sys::{CURLINFO, CURLMcode, CURLoption, curl_off_t};

/// curl.h, 7.32.0.
pub(super) const CURLOPT_XFERINFOFUNCTION: CURLoption = 20_219;
/// curl.h, 7.32.0: CURLOPT_XFERINFODATA is CURLOPT_PROGRESSDATA.
pub(super) const CURLOPT_XFERINFODATA: CURLoption = 10_057;
/// curl.h, 7.85.0.
pub(super) const CURLOPT_PROTOCOLS_STR: CURLoption = 10_318;
/// curl.h, 7.85.0.
pub(super) const CURLOPT_REDIR_PROTOCOLS_STR: CURLoption = 10_319;
/// curl.h, 7.87.0: a resolver thread that hangs holds up nobody.
pub(super) const CURLOPT_QUICK_EXIT: CURLoption = 322;
/// multi.h, 8.17.0.
pub(super) const CURLMOPT_QUICK_EXIT: curl_sys::CURLMoption = 21;
/// multi.h, 8.20.0: how many threads resolve names at a time.
pub(super) const CURLMOPT_RESOLVE_THREADS_MAX: curl_sys::CURLMoption = 20;
/// curl.h, 7.87.0: the return of a write callback that says an error happened.
pub(super) const CURL_WRITEFUNC_ERROR: usize = 0xFFFF_FFFF;
/// curl.h, 7.18.0.
pub(super) const CURL_READFUNC_ABORT: usize = 0x1000_0000;
/// curl.h, 7.19.5.
pub(super) const CURL_SEEKFUNC_OK: c_int = 0;
/// curl.h, 7.19.5.
pub(super) const CURL_SEEKFUNC_FAIL: c_int = 1;
/// curl.h, 7.19.5.
pub(super) const CURL_SEEKFUNC_CANTSEEK: c_int = 2;
/// curl.h, 7.18.0.
pub(super) const CURL_READFUNC_PAUSE: usize = 0x1000_0001;
/// curl.h, 7.21.5.
pub(super) const CURL_SOCKOPT_OK: c_int = 0;
/// curl.h, 7.21.5.
pub(super) const CURL_SOCKOPT_ERROR: c_int = 1;
/// curl.h, 7.21.5.
pub(super) const CURL_SOCKOPT_ALREADY_CONNECTED: c_int = 2;
/// curl.h, 7.80.0.
pub(super) const CURLOPT_PREREQFUNCTION: CURLoption = 20_312;
/// curl.h, 7.80.0.
pub(super) const CURLOPT_PREREQDATA: CURLoption = 10_313;
/// curl.h, 7.59.0.
pub(super) const CURLOPT_RESOLVER_START_FUNCTION: CURLoption = 20_272;
/// curl.h, 7.59.0.
pub(super) const CURLOPT_RESOLVER_START_DATA: CURLoption = 10_273;
/// curl.h, 7.80.0: the digest of an SSH host's key, in base64.
pub(super) const CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256: CURLoption = 10_311;
/// curl.h, 7.19.6.
pub(super) const CURLKHSTAT_FINE_ADD_TO_FILE: c_int = 0;
/// curl.h, 7.19.6.
pub(super) const CURLKHSTAT_FINE: c_int = 1;
/// curl.h, 7.19.6.
pub(super) const CURLKHSTAT_REJECT: c_int = 2;
/// curl.h, 7.73.0.
pub(super) const CURLKHSTAT_FINE_REPLACE: c_int = 4;
/// curl.h, 7.19.6.
pub(super) const CURLKHMATCH_OK: c_int = 0;
/// curl.h, 7.19.6.
pub(super) const CURLKHMATCH_MISMATCH: c_int = 1;
/// curl.h, 7.19.6.
pub(super) const CURLKHTYPE_RSA1: c_int = 1;
/// curl.h, 7.19.6.
pub(super) const CURLKHTYPE_RSA: c_int = 2;
/// curl.h, 7.19.6.
pub(super) const CURLKHTYPE_DSS: c_int = 3;
/// curl.h, 7.58.0.
pub(super) const CURLKHTYPE_ECDSA: c_int = 4;
/// curl.h, 7.58.0.
pub(super) const CURLKHTYPE_ED25519: c_int = 5;
/// curl.h, 7.16.3.
pub(super) const CURL_SOCKET_BAD: curl_sys::curl_socket_t = -1;
/// curl.h, 7.18.0: the bits of curl_easy_pause; none of them means both directions go on.
pub(super) const CURLPAUSE_CONT: c_int = 0;
/// multi.h, 7.15.5: an error came on a socket.
pub(super) const CURL_CSELECT_ERR: c_int = 4;

/// curl.h, 7.33.0.
pub(super) const CURLOPT_XOAUTH2_BEARER: CURLoption = 10_220;
/// curl.h, 7.55.0.
pub(super) const CURLOPT_REQUEST_TARGET: CURLoption = 10_266;
/// curl.h, 7.56.0.
pub(super) const CURLOPT_MIMEPOST: CURLoption = 10_269;
/// curl.h, 7.59.0.
pub(super) const CURLOPT_TIMEVALUE_LARGE: CURLoption = 30_270;
/// curl.h, 7.59.0.
pub(super) const CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS: CURLoption = 271;
/// curl.h, 7.61.0.
pub(super) const CURLAUTH_BEARER: i64 = 1 << 6;
/// curl.h, 7.19.1.
pub(super) const CURL_REDIR_POST_301: i64 = 1;
/// curl.h, 7.19.1.
pub(super) const CURL_REDIR_POST_302: i64 = 2;
/// curl.h, 7.26.0.
pub(super) const CURL_REDIR_POST_303: i64 = 4;
/// curl.h, 7.9.7.
pub(super) const CURL_TIMECOND_IFMODSINCE: i64 = 1;
/// curl.h, 7.9.7.
pub(super) const CURL_TIMECOND_IFUNMODSINCE: i64 = 2;
/// curl.h, 7.9.7.
pub(super) const CURL_TIMECOND_LASTMOD: i64 = 3;
/// curl.h, 7.10.8.
pub(super) const CURL_IPRESOLVE_V4: i64 = 1;
/// curl.h, 7.10.8.
pub(super) const CURL_IPRESOLVE_V6: i64 = 2;
/// curl.h, 7.34.0.
pub(super) const CURL_SSLVERSION_TLS_1_0: i64 = 4;
/// curl.h, 7.52.0.
pub(super) const CURL_SSLVERSION_TLS_1_3: i64 = 7;
/// curl.h, 7.9.8.
pub(super) const CURL_NETRC_OPTIONAL: i64 = 1;
/// curl.h, 7.9.8.
pub(super) const CURL_NETRC_REQUIRED: i64 = 2;

/// curl.h, 7.55.0: sizes as offsets, times in microseconds.
pub(super) const CURLINFO_OFF_T: CURLINFO = 0x60_0000;
/// curl.h, 7.72.0.
pub(super) const CURLINFO_EFFECTIVE_METHOD: CURLINFO = 0x10_0000 + 58;
/// curl.h, 7.50.0.
pub(super) const CURLINFO_HTTP_VERSION: CURLINFO = 0x20_0000 + 46;
/// curl.h, 7.52.0.
pub(super) const CURLINFO_SCHEME: CURLINFO = 0x10_0000 + 49;
/// curl.h, 8.7.0: whether a proxy was used.
pub(super) const CURLINFO_USED_PROXY: CURLINFO = 0x20_0000 + 66;
/// curl.h, 7.76.0.
pub(super) const CURLINFO_REFERER: CURLINFO = 0x10_0000 + 60;
/// curl.h, 7.45.0: the connection that was used last, where that is still there.
pub(super) const CURLINFO_ACTIVESOCKET: CURLINFO = 0x50_0000 + 44;
/// curl.h, 7.52.0.
pub(super) const CURLINFO_PROXY_SSL_VERIFYRESULT: CURLINFO = 0x20_0000 + 47;

/// The 64-bit getinfo of this number.
pub(super) const fn off_t(number: CURLINFO) -> CURLINFO {
    CURLINFO_OFF_T + number
}

/// urlapi.h, 7.62.0: libcurl's own URL parser, so that no second one can disagree with it.
pub(super) enum Curlu {}

/// urlapi.h: CURLUPART_*.
pub(super) const CURLUPART_URL: c_int = 0;
/// urlapi.h.
pub(super) const CURLUPART_SCHEME: c_int = 1;
/// urlapi.h.
pub(super) const CURLUPART_USER: c_int = 2;
/// urlapi.h.
pub(super) const CURLUPART_PASSWORD: c_int = 3;
/// urlapi.h.
pub(super) const CURLUPART_OPTIONS: c_int = 4;
/// urlapi.h.
pub(super) const CURLUPART_HOST: c_int = 5;
/// urlapi.h.
pub(super) const CURLUPART_PORT: c_int = 6;
/// urlapi.h.
pub(super) const CURLUPART_PATH: c_int = 7;
/// urlapi.h.
pub(super) const CURLUPART_QUERY: c_int = 8;
/// urlapi.h.
#[cfg(any(test, feature = "cli"))]
pub(super) const CURLUPART_FRAGMENT: c_int = 9;
/// urlapi.h, 7.65.0.
pub(super) const CURLUPART_ZONEID: c_int = 10;
/// urlapi.h: leave `/../` and `/./` in the path.
pub(super) const CURLU_PATH_AS_IS: c_uint = 1 << 4;
/// urlapi.h: what is set is added to the query that is there.
pub(super) const CURLU_APPENDQUERY: c_uint = 1 << 8;
/// urlapi.h: give the scheme's default port where the URL names none.
pub(super) const CURLU_DEFAULT_PORT: c_uint = 1 << 0;
/// urlapi.h: accept schemes that libcurl does not support.
pub(super) const CURLU_NON_SUPPORT_SCHEME: c_uint = 1 << 3;
/// urlapi.h: percent-decode what is got.
pub(super) const CURLU_URLDECODE: c_uint = 1 << 6;
/// urlapi.h: percent-encode what must be.
pub(super) const CURLU_URLENCODE: c_uint = 1 << 7;
/// urlapi.h, 7.78.0: accept spaces.
pub(super) const CURLU_ALLOW_SPACE: c_uint = 1 << 11;
/// urlapi.h: guess a missing scheme from the host's name, as the curl tool does.
pub(super) const CURLU_GUESS_SCHEME: c_uint = 1 << 9;
/// urlapi.h, 7.88.0.
pub(super) const CURLU_PUNYCODE: c_uint = 1 << 12;

unsafe extern "C" {
    /// urlapi.h, 7.62.0.
    pub(super) fn curl_url() -> *mut Curlu;
    /// urlapi.h, 7.62.0.
    pub(super) fn curl_url_cleanup(handle: *mut Curlu);
    /// urlapi.h, 7.62.0.
    pub(super) fn curl_url_get(handle: *const Curlu, what: c_int, part: *mut *mut c_char, flags: c_uint) -> c_int;
    /// urlapi.h, 7.62.0.
    pub(super) fn curl_url_set(handle: *mut Curlu, what: c_int, part: *const c_char, flags: c_uint) -> c_int;
    /// urlapi.h, 7.80.0.
    pub(super) fn curl_url_strerror(code: c_int) -> *const c_char;
}

/// curl.h, 7.56.0: a form.
pub(super) enum CurlMime {}
/// curl.h, 7.56.0: a part of one.
pub(super) enum CurlMimepart {}

unsafe extern "C" {
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_init(easy: *mut curl_sys::CURL) -> *mut CurlMime;
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_free(mime: *mut CurlMime);
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_addpart(mime: *mut CurlMime) -> *mut CurlMimepart;
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_name(part: *mut CurlMimepart, name: *const c_char) -> curl_sys::CURLcode;
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_filename(part: *mut CurlMimepart, filename: *const c_char) -> curl_sys::CURLcode;
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_type(part: *mut CurlMimepart, mimetype: *const c_char) -> curl_sys::CURLcode;
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_encoder(part: *mut CurlMimepart, encoding: *const c_char) -> curl_sys::CURLcode;
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_data(part: *mut CurlMimepart, data: *const c_char, size: usize) -> curl_sys::CURLcode;
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_filedata(part: *mut CurlMimepart, filename: *const c_char) -> curl_sys::CURLcode;
    /// curl.h, 7.56.0: takes the inner form where it answers CURLE_OK.
    pub(super) fn curl_mime_subparts(part: *mut CurlMimepart, subparts: *mut CurlMime) -> curl_sys::CURLcode;
    /// curl.h, 7.56.0.
    pub(super) fn curl_mime_headers(
        part: *mut CurlMimepart,
        headers: *mut curl_sys::curl_slist,
        take_ownership: c_int,
    ) -> curl_sys::CURLcode;
}

// curl-sys has some of the callbacks' types, as functions that are safe to call. Ours are not, since they follow the
// pointers that they are given; that each is the same but for that, `same_but_for_unsafe` has the compiler see.

/// curl.h: curl_write_callback.
pub(super) type WriteCallback = unsafe extern "C" fn(*mut c_char, usize, usize, *mut c_void) -> usize;
/// curl.h: curl_read_callback.
pub(super) type ReadCallback = unsafe extern "C" fn(*mut c_char, usize, usize, *mut c_void) -> usize;
/// curl.h: curl_debug_callback.
pub(super) type DebugCallback =
    unsafe extern "C" fn(*mut curl_sys::CURL, curl_sys::curl_infotype, *mut c_char, usize, *mut c_void) -> c_int;
/// curl.h: curl_opensocket_callback.
pub(super) type OpensocketCallback =
    unsafe extern "C" fn(*mut c_void, curl_sys::curlsocktype, *mut curl_sys::curl_sockaddr) -> curl_sys::curl_socket_t;
/// curl.h: curl_xferinfo_callback.
pub(super) type XferinfoCallback =
    unsafe extern "C" fn(*mut c_void, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> c_int;
/// curl.h: curl_seek_callback.
pub(super) type SeekCallback = unsafe extern "C" fn(*mut c_void, curl_off_t, c_int) -> c_int;
/// curl.h: curl_prereq_callback.
pub(super) type PrereqCallback = unsafe extern "C" fn(*mut c_void, *mut c_char, *mut c_char, c_int, c_int) -> c_int;
/// curl.h: curl_resolver_start_callback.
pub(super) type ResolverStartCallback = unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void) -> c_int;
/// curl.h: curl_ioctl_callback.
pub(super) type IoctlCallback = unsafe extern "C" fn(*mut curl_sys::CURL, c_int, *mut c_void) -> curl_sys::curlioerr;
/// curl.h: curl_sockopt_callback.
pub(super) type SockoptCallback =
    unsafe extern "C" fn(*mut c_void, curl_sys::curl_socket_t, curl_sys::curlsocktype) -> c_int;
/// curl.h: curl_closesocket_callback.
pub(super) type ClosesocketCallback = unsafe extern "C" fn(*mut c_void, curl_sys::curl_socket_t) -> c_int;
/// curl.h: curl_sshkeycallback.
pub(super) type SshKeyCallback =
    unsafe extern "C" fn(*mut curl_sys::CURL, *const Khkey, *const Khkey, c_int, *mut c_void) -> c_int;

/// curl.h, 7.19.6: struct curl_khkey.
#[repr(C)]
pub(super) struct Khkey {
    /// Base64 and NUL-terminated where `len` is 0, else `len` raw bytes.
    pub(super) key: *const c_char,
    pub(super) len: usize,
    pub(super) keytype: c_int,
}

/// curl.h, 7.19.1: struct curl_certinfo.
#[repr(C)]
pub(super) struct Certinfo {
    pub(super) num_of_certs: c_int,
    /// So many lists.
    pub(super) certinfo: *mut *mut curl_sys::curl_slist,
}

/// multi.h: curl_socket_callback.
pub(super) type SocketCallback =
    unsafe extern "C" fn(*mut curl_sys::CURL, curl_sys::curl_socket_t, c_int, *mut c_void, *mut c_void) -> c_int;
/// multi.h: curl_multi_timer_callback.
pub(super) type TimerCallback = unsafe extern "C" fn(*mut curl_sys::CURLM, std::ffi::c_long, *mut c_void) -> c_int;

macro_rules! same_but_for_unsafe {
    ($($theirs:ident => $ours:ident;)*) => {
        $(const _: fn(curl_sys::$theirs) -> $ours = |callback| callback;)*
    };
}
same_but_for_unsafe! {
    curl_write_callback => WriteCallback;
    curl_read_callback => ReadCallback;
    curl_debug_callback => DebugCallback;
    curl_opensocket_callback => OpensocketCallback;
    curl_seek_callback => SeekCallback;
    curl_ioctl_callback => IoctlCallback;
    curl_socket_callback => SocketCallback;
    curl_multi_timer_callback => TimerCallback;
}

/// multi.h: CURLM_OK.
pub(super) const CURLM_OK: CURLMcode = 0;

#[cfg(test)]
mod tests;
