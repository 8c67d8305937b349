//! That these numbers are those of the headers.

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
        long("sizeof(struct curl_certinfo)", size_of::<Certinfo>() as i64),
        long("CURL_SOCKET_BAD", CURL_SOCKET_BAD.into()),
        long("CURLPAUSE_CONT", CURLPAUSE_CONT.into()),
        long("CURL_CSELECT_ERR", CURL_CSELECT_ERR.into()),
        long("CURLINFO_EFFECTIVE_METHOD", CURLINFO_EFFECTIVE_METHOD.into()),
        long("CURLINFO_HTTP_VERSION", CURLINFO_HTTP_VERSION.into()),
        long("CURLINFO_SCHEME", CURLINFO_SCHEME.into()),
        long("CURLINFO_ACTIVESOCKET", CURLINFO_ACTIVESOCKET.into()),
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
        long("CURLOPT_MIMEPOST", CURLOPT_MIMEPOST.into()),
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
