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
#[cfg(any(test, feature = "cli"))]
pub(super) const CURLUPART_PATH: c_int = 7;
/// urlapi.h.
pub(super) const CURLUPART_QUERY: c_int = 8;
/// urlapi.h.
#[cfg(any(test, feature = "cli"))]
pub(super) const CURLUPART_FRAGMENT: c_int = 9;
/// urlapi.h, 7.65.0.
#[cfg(any(test, feature = "cli"))]
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

/// curl.h: curl_xferinfo_callback.
pub(super) type XferinfoCallback = extern "C" fn(*mut c_void, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> c_int;
/// curl.h: curl_seek_callback.
pub(super) type SeekCallback = extern "C" fn(*mut c_void, curl_off_t, c_int) -> c_int;
/// curl.h: curl_prereq_callback.
pub(super) type PrereqCallback = extern "C" fn(*mut c_void, *mut c_char, *mut c_char, c_int, c_int) -> c_int;
/// curl.h: curl_ioctl_callback.
pub(super) type IoctlCallback = extern "C" fn(*mut curl_sys::CURL, c_int, *mut c_void) -> curl_sys::curlioerr;
/// curl.h: curl_sockopt_callback.
pub(super) type SockoptCallback = extern "C" fn(*mut c_void, curl_sys::curl_socket_t, curl_sys::curlsocktype) -> c_int;
/// curl.h: curl_closesocket_callback.
pub(super) type ClosesocketCallback = extern "C" fn(*mut c_void, curl_sys::curl_socket_t) -> c_int;
/// curl.h: curl_sshkeycallback.
pub(super) type SshKeyCallback =
    extern "C" fn(*mut curl_sys::CURL, *const Khkey, *const Khkey, c_int, *mut c_void) -> c_int;

/// curl.h, 7.19.6: struct curl_khkey.
#[repr(C)]
pub(super) struct Khkey {
    /// Base64 and NUL-terminated where `len` is 0, else `len` raw bytes.
    pub(super) key: *const c_char,
    pub(super) len: usize,
    pub(super) keytype: c_int,
}

/// multi.h: curl_socket_callback.
pub(super) type SocketCallback =
    extern "C" fn(*mut curl_sys::CURL, curl_sys::curl_socket_t, c_int, *mut c_void, *mut c_void) -> c_int;
/// multi.h: curl_multi_timer_callback.
pub(super) type TimerCallback = extern "C" fn(*mut curl_sys::CURLM, std::ffi::c_long, *mut c_void) -> c_int;

/// multi.h: CURLM_OK.
pub(super) const CURLM_OK: CURLMcode = 0;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;
    use std::process::Command;

    /// Our number of each name, as the headers of this very libcurl have it; a name that an older header lacks is left
    /// out.
    #[test]
    fn numbers_are_those_of_the_header() {
        let long = |name: &'static str, number: i64| (name, number);
        let names = [
            long("CURLOPT_XFERINFOFUNCTION", CURLOPT_XFERINFOFUNCTION.into()),
            long("CURLOPT_XFERINFODATA", CURLOPT_XFERINFODATA.into()),
            long("CURLOPT_PROTOCOLS_STR", CURLOPT_PROTOCOLS_STR.into()),
            long("CURLOPT_REDIR_PROTOCOLS_STR", CURLOPT_REDIR_PROTOCOLS_STR.into()),
            long("CURLOPT_QUICK_EXIT", CURLOPT_QUICK_EXIT.into()),
            long("CURL_WRITEFUNC_ERROR", CURL_WRITEFUNC_ERROR as i64),
            long("CURL_READFUNC_ABORT", CURL_READFUNC_ABORT as i64),
            long("CURL_SEEKFUNC_OK", CURL_SEEKFUNC_OK.into()),
            long("CURL_SEEKFUNC_FAIL", CURL_SEEKFUNC_FAIL.into()),
            long("CURL_SEEKFUNC_CANTSEEK", CURL_SEEKFUNC_CANTSEEK.into()),
            long("CURL_READFUNC_PAUSE", CURL_READFUNC_PAUSE as i64),
            long("CURL_SOCKOPT_OK", CURL_SOCKOPT_OK.into()),
            long("CURL_SOCKOPT_ERROR", CURL_SOCKOPT_ERROR.into()),
            long("CURL_SOCKOPT_ALREADY_CONNECTED", CURL_SOCKOPT_ALREADY_CONNECTED.into()),
            long("CURLOPT_PREREQFUNCTION", CURLOPT_PREREQFUNCTION.into()),
            long("CURLOPT_PREREQDATA", CURLOPT_PREREQDATA.into()),
            long(
                "CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256",
                CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256.into(),
            ),
            long("CURLKHSTAT_FINE_ADD_TO_FILE", CURLKHSTAT_FINE_ADD_TO_FILE.into()),
            long("CURLKHSTAT_FINE", CURLKHSTAT_FINE.into()),
            long("CURLKHSTAT_REJECT", CURLKHSTAT_REJECT.into()),
            long("CURLKHSTAT_FINE_REPLACE", CURLKHSTAT_FINE_REPLACE.into()),
            long("CURLKHMATCH_OK", CURLKHMATCH_OK.into()),
            long("CURLKHMATCH_MISMATCH", CURLKHMATCH_MISMATCH.into()),
            long("CURLKHTYPE_RSA1", CURLKHTYPE_RSA1.into()),
            long("CURLKHTYPE_RSA", CURLKHTYPE_RSA.into()),
            long("CURLKHTYPE_DSS", CURLKHTYPE_DSS.into()),
            long("CURLKHTYPE_ECDSA", CURLKHTYPE_ECDSA.into()),
            long("CURLKHTYPE_ED25519", CURLKHTYPE_ED25519.into()),
            long("sizeof(struct curl_khkey)", size_of::<Khkey>() as i64),
            long("CURL_SOCKET_BAD", CURL_SOCKET_BAD.into()),
            long("CURLPAUSE_CONT", CURLPAUSE_CONT.into()),
            long("CURL_CSELECT_ERR", CURL_CSELECT_ERR.into()),
            long("CURLINFO_EFFECTIVE_METHOD", CURLINFO_EFFECTIVE_METHOD.into()),
            long("CURLINFO_HTTP_VERSION", CURLINFO_HTTP_VERSION.into()),
            long("CURLINFO_SCHEME", CURLINFO_SCHEME.into()),
            long("CURLINFO_USED_PROXY", CURLINFO_USED_PROXY.into()),
            long("CURLINFO_REFERER", CURLINFO_REFERER.into()),
            long(
                "CURLINFO_PROXY_SSL_VERIFYRESULT",
                CURLINFO_PROXY_SSL_VERIFYRESULT.into(),
            ),
            long("CURLINFO_SIZE_UPLOAD_T", off_t(7).into()),
            long("CURLINFO_SIZE_DOWNLOAD_T", off_t(8).into()),
            long("CURLINFO_SPEED_DOWNLOAD_T", off_t(9).into()),
            long("CURLINFO_SPEED_UPLOAD_T", off_t(10).into()),
            long("CURLINFO_TOTAL_TIME_T", off_t(50).into()),
            long("CURLINFO_NAMELOOKUP_TIME_T", off_t(51).into()),
            long("CURLINFO_CONNECT_TIME_T", off_t(52).into()),
            long("CURLINFO_PRETRANSFER_TIME_T", off_t(53).into()),
            long("CURLINFO_STARTTRANSFER_TIME_T", off_t(54).into()),
            long("CURLINFO_REDIRECT_TIME_T", off_t(55).into()),
            long("CURLINFO_APPCONNECT_TIME_T", off_t(56).into()),
            long("CURLOPT_XOAUTH2_BEARER", CURLOPT_XOAUTH2_BEARER.into()),
            long("CURLOPT_REQUEST_TARGET", CURLOPT_REQUEST_TARGET.into()),
            long("CURLOPT_TIMEVALUE_LARGE", CURLOPT_TIMEVALUE_LARGE.into()),
            long(
                "CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS",
                CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS.into(),
            ),
            long("CURLAUTH_BEARER", CURLAUTH_BEARER),
            long("CURL_REDIR_POST_301", CURL_REDIR_POST_301),
            long("CURL_REDIR_POST_302", CURL_REDIR_POST_302),
            long("CURL_REDIR_POST_303", CURL_REDIR_POST_303),
            long("CURL_TIMECOND_IFMODSINCE", CURL_TIMECOND_IFMODSINCE),
            long("CURL_TIMECOND_IFUNMODSINCE", CURL_TIMECOND_IFUNMODSINCE),
            long("CURL_TIMECOND_LASTMOD", CURL_TIMECOND_LASTMOD),
            long("CURL_IPRESOLVE_V4", CURL_IPRESOLVE_V4),
            long("CURL_IPRESOLVE_V6", CURL_IPRESOLVE_V6),
            long("CURL_SSLVERSION_TLSv1_0", CURL_SSLVERSION_TLS_1_0),
            long("CURL_SSLVERSION_TLSv1_3", CURL_SSLVERSION_TLS_1_3),
            long("CURL_SSLVERSION_MAX_TLSv1_3 >> 16", CURL_SSLVERSION_TLS_1_3),
            long("CURL_NETRC_OPTIONAL", CURL_NETRC_OPTIONAL),
            long("CURL_NETRC_REQUIRED", CURL_NETRC_REQUIRED),
            long("CURLINFO_RETRY_AFTER", off_t(57).into()),
            long("CURLINFO_XFER_ID", off_t(63).into()),
            long("CURLINFO_CONN_ID", off_t(64).into()),
            long("CURLINFO_QUEUE_TIME_T", off_t(65).into()),
            long("CURLINFO_POSTTRANSFER_TIME_T", off_t(67).into()),
            long("CURLINFO_EARLYDATA_SENT_T", off_t(68).into()),
            long("CURLINFO_SIZE_DELIVERED", off_t(71).into()),
            long("CURLUPART_URL", CURLUPART_URL.into()),
            long("CURLUPART_PATH", CURLUPART_PATH.into()),
            long("CURLUPART_QUERY", CURLUPART_QUERY.into()),
            long("CURLUPART_FRAGMENT", CURLUPART_FRAGMENT.into()),
            long("CURLUPART_ZONEID", CURLUPART_ZONEID.into()),
            long("CURLU_PATH_AS_IS", CURLU_PATH_AS_IS.into()),
            long("CURLU_APPENDQUERY", CURLU_APPENDQUERY.into()),
            long("CURLUPART_SCHEME", CURLUPART_SCHEME.into()),
            long("CURLUPART_USER", CURLUPART_USER.into()),
            long("CURLUPART_PASSWORD", CURLUPART_PASSWORD.into()),
            long("CURLUPART_OPTIONS", CURLUPART_OPTIONS.into()),
            long("CURLUPART_HOST", CURLUPART_HOST.into()),
            long("CURLUPART_PORT", CURLUPART_PORT.into()),
            long("CURLUPART_ZONEID", CURLUPART_ZONEID.into()),
            long("CURLUPART_PATH", CURLUPART_PATH.into()),
            long("CURLU_URLDECODE", CURLU_URLDECODE.into()),
            long("CURLU_DEFAULT_PORT", CURLU_DEFAULT_PORT.into()),
            long("CURLU_NON_SUPPORT_SCHEME", CURLU_NON_SUPPORT_SCHEME.into()),
            long("CURLU_URLENCODE", CURLU_URLENCODE.into()),
            long("CURLU_ALLOW_SPACE", CURLU_ALLOW_SPACE.into()),
            long("CURLU_GUESS_SCHEME", CURLU_GUESS_SCHEME.into()),
        ];
        let mut include = Command::new("cc");
        if let Some(folder) = option_env!("TRANSFERHOST_CURL_INCLUDE") {
            include.arg("-I").arg(folder);
        }
        let folder = std::env::temp_dir().join(format!("transferhost-sys-ext-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut source = "#include <curl/curl.h>\n".to_owned();
        for (at, (name, number)) in names.iter().enumerate() {
            // Enumerators are not macros: the name must exist, so older headers go by the version it came with.
            let since = match *name {
                "CURLINFO_XFER_ID" | "CURLINFO_CONN_ID" => "0x080200",
                "CURLINFO_QUEUE_TIME_T" => "0x080600",
                "CURLINFO_USED_PROXY" => "0x080700",
                "CURLINFO_POSTTRANSFER_TIME_T" => "0x080a00",
                "CURLINFO_EARLYDATA_SENT_T" => "0x080b00",
                "CURLINFO_SIZE_DELIVERED" => "0x081600",
                _ => "0x075700",
            };
            writeln!(source, "#if LIBCURL_VERSION_NUM >= {since}").unwrap();
            writeln!(
                source,
                "_Static_assert((long long)({name}) == {number}LL, \"{name}\"); int found_{at};"
            )
            .unwrap();
            writeln!(source, "#endif").unwrap();
        }
        let file = folder.join("check.c");
        std::fs::write(&file, source).unwrap();
        let checked = include.arg("-fsyntax-only").arg(&file).output().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
}
