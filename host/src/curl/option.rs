//! The options of an easy handle that are set, each by the type of its value: libcurl takes them as variadic
//! arguments, where a wrong type is undefined behaviour.

use curl_sys::CURLoption;

use super::sys_ext;

macro_rules! options {
    ($(#[$doc:meta])* $kind:ident { $($name:ident = $number:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $kind(CURLoption, &'static str);

        impl $kind {
            $(#[doc = concat!("CURLOPT_", stringify!($name), ".")]
            pub(crate) const $name: $kind = $kind($number, concat!("CURLOPT_", stringify!($name)));)*

            pub(super) const fn number(self) -> CURLoption {
                self.0
            }

            /// libcurl's name of the option.
            pub(crate) const fn name(self) -> &'static str {
                self.1
            }

            #[cfg(test)]
            const ALL: &[$kind] = &[$($kind::$name),*];
        }
    };
}

options! {
    /// An option that takes a `long`.
    LongOption {
        AUTOREFERER = curl_sys::CURLOPT_AUTOREFERER;
        BUFFERSIZE = curl_sys::CURLOPT_BUFFERSIZE;
        CERTINFO = curl_sys::CURLOPT_CERTINFO;
        CONNECTTIMEOUT_MS = curl_sys::CURLOPT_CONNECTTIMEOUT_MS;
        COOKIESESSION = curl_sys::CURLOPT_COOKIESESSION;
        FAILONERROR = curl_sys::CURLOPT_FAILONERROR;
        FOLLOWLOCATION = curl_sys::CURLOPT_FOLLOWLOCATION;
        FORBID_REUSE = curl_sys::CURLOPT_FORBID_REUSE;
        FRESH_CONNECT = curl_sys::CURLOPT_FRESH_CONNECT;
        HAPPY_EYEBALLS_TIMEOUT_MS = sys_ext::CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS;
        HTTPAUTH = curl_sys::CURLOPT_HTTPAUTH;
        HTTPPROXYTUNNEL = curl_sys::CURLOPT_HTTPPROXYTUNNEL;
        HTTP_VERSION = curl_sys::CURLOPT_HTTP_VERSION;
        IPRESOLVE = curl_sys::CURLOPT_IPRESOLVE;
        LOW_SPEED_LIMIT = curl_sys::CURLOPT_LOW_SPEED_LIMIT;
        LOW_SPEED_TIME = curl_sys::CURLOPT_LOW_SPEED_TIME;
        MAXREDIRS = curl_sys::CURLOPT_MAXREDIRS;
        NETRC = curl_sys::CURLOPT_NETRC;
        NOBODY = curl_sys::CURLOPT_NOBODY;
        NOPROGRESS = curl_sys::CURLOPT_NOPROGRESS;
        NOSIGNAL = curl_sys::CURLOPT_NOSIGNAL;
        PATH_AS_IS = curl_sys::CURLOPT_PATH_AS_IS;
        POST = curl_sys::CURLOPT_POST;
        POSTREDIR = curl_sys::CURLOPT_POSTREDIR;
        QUICK_EXIT = sys_ext::CURLOPT_QUICK_EXIT;
        RESUME_FROM = curl_sys::CURLOPT_RESUME_FROM;
        SSLVERSION = curl_sys::CURLOPT_SSLVERSION;
        SSL_VERIFYHOST = curl_sys::CURLOPT_SSL_VERIFYHOST;
        SSL_VERIFYPEER = curl_sys::CURLOPT_SSL_VERIFYPEER;
        TCP_KEEPALIVE = curl_sys::CURLOPT_TCP_KEEPALIVE;
        TCP_KEEPIDLE = curl_sys::CURLOPT_TCP_KEEPIDLE;
        TCP_KEEPINTVL = curl_sys::CURLOPT_TCP_KEEPINTVL;
        TIMECONDITION = curl_sys::CURLOPT_TIMECONDITION;
        TIMEOUT_MS = curl_sys::CURLOPT_TIMEOUT_MS;
        UNRESTRICTED_AUTH = curl_sys::CURLOPT_UNRESTRICTED_AUTH;
        UPLOAD = curl_sys::CURLOPT_UPLOAD;
        VERBOSE = curl_sys::CURLOPT_VERBOSE;
    }
}

options! {
    /// An option that takes a string, which libcurl copies.
    TextOption {
        ACCEPT_ENCODING = curl_sys::CURLOPT_ACCEPT_ENCODING;
        CAINFO = curl_sys::CURLOPT_CAINFO;
        CAPATH = curl_sys::CURLOPT_CAPATH;
        COOKIE = curl_sys::CURLOPT_COOKIE;
        COOKIEFILE = curl_sys::CURLOPT_COOKIEFILE;
        COOKIEJAR = curl_sys::CURLOPT_COOKIEJAR;
        COOKIELIST = curl_sys::CURLOPT_COOKIELIST;
        CUSTOMREQUEST = curl_sys::CURLOPT_CUSTOMREQUEST;
        FTPPORT = curl_sys::CURLOPT_FTPPORT;
        INTERFACE = curl_sys::CURLOPT_INTERFACE;
        KEYPASSWD = curl_sys::CURLOPT_KEYPASSWD;
        NETRC_FILE = curl_sys::CURLOPT_NETRC_FILE;
        NOPROXY = curl_sys::CURLOPT_NOPROXY;
        PINNEDPUBLICKEY = curl_sys::CURLOPT_PINNEDPUBLICKEY;
        PROTOCOLS_STR = sys_ext::CURLOPT_PROTOCOLS_STR;
        PROXY = curl_sys::CURLOPT_PROXY;
        PROXYUSERPWD = curl_sys::CURLOPT_PROXYUSERPWD;
        PROXY_CAINFO = curl_sys::CURLOPT_PROXY_CAINFO;
        PROXY_CAPATH = curl_sys::CURLOPT_PROXY_CAPATH;
        RANGE = curl_sys::CURLOPT_RANGE;
        REDIR_PROTOCOLS_STR = sys_ext::CURLOPT_REDIR_PROTOCOLS_STR;
        REFERER = curl_sys::CURLOPT_REFERER;
        REQUEST_TARGET = sys_ext::CURLOPT_REQUEST_TARGET;
        SSH_HOST_PUBLIC_KEY_SHA256 = sys_ext::CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256;
        SSH_KNOWNHOSTS = curl_sys::CURLOPT_SSH_KNOWNHOSTS;
        SSH_PRIVATE_KEYFILE = curl_sys::CURLOPT_SSH_PRIVATE_KEYFILE;
        SSH_PUBLIC_KEYFILE = curl_sys::CURLOPT_SSH_PUBLIC_KEYFILE;
        SSLCERT = curl_sys::CURLOPT_SSLCERT;
        SSLKEY = curl_sys::CURLOPT_SSLKEY;
        UNIX_SOCKET_PATH = curl_sys::CURLOPT_UNIX_SOCKET_PATH;
        URL = curl_sys::CURLOPT_URL;
        USERAGENT = curl_sys::CURLOPT_USERAGENT;
        USERPWD = curl_sys::CURLOPT_USERPWD;
        XOAUTH2_BEARER = sys_ext::CURLOPT_XOAUTH2_BEARER;
    }
}

options! {
    /// An option that takes a `curl_off_t`.
    OffsetOption {
        INFILESIZE_LARGE = curl_sys::CURLOPT_INFILESIZE_LARGE;
        MAXFILESIZE_LARGE = curl_sys::CURLOPT_MAXFILESIZE_LARGE;
        MAX_RECV_SPEED_LARGE = curl_sys::CURLOPT_MAX_RECV_SPEED_LARGE;
        MAX_SEND_SPEED_LARGE = curl_sys::CURLOPT_MAX_SEND_SPEED_LARGE;
        POSTFIELDSIZE_LARGE = curl_sys::CURLOPT_POSTFIELDSIZE_LARGE;
        RESUME_FROM_LARGE = curl_sys::CURLOPT_RESUME_FROM_LARGE;
        TIMEVALUE_LARGE = sys_ext::CURLOPT_TIMEVALUE_LARGE;
    }
}

options! {
    /// An option that takes a `curl_slist`, which the handle keeps.
    SlistOption {
        CONNECT_TO = curl_sys::CURLOPT_CONNECT_TO;
        HTTPHEADER = curl_sys::CURLOPT_HTTPHEADER;
        RESOLVE = curl_sys::CURLOPT_RESOLVE;
    }
}

/// The values of CURLOPT_HTTP_VERSION.
pub(crate) mod http_version {
    /// CURL_HTTP_VERSION_1_0.
    pub(crate) const V1_0: i64 = 1;
    /// CURL_HTTP_VERSION_1_1.
    pub(crate) const V1_1: i64 = 2;
    /// CURL_HTTP_VERSION_2_0.
    pub(crate) const V2: i64 = 3;
    /// CURL_HTTP_VERSION_2TLS: HTTP/2 over TLS, HTTP/1.1 in the clear; the curl tool's default.
    pub(crate) const V2_TLS: i64 = 4;
    /// CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE.
    pub(crate) const V2_PRIOR_KNOWLEDGE: i64 = 5;
}

/// The values of CURLOPT_HTTPAUTH.
pub(crate) mod http_auth {
    /// CURLAUTH_DIGEST.
    pub(crate) const DIGEST: i64 = curl_sys::CURLAUTH_DIGEST as i64;
    /// CURLAUTH_BEARER.
    pub(crate) const BEARER: i64 = super::sys_ext::CURLAUTH_BEARER;
    /// CURLAUTH_ANY.
    pub(crate) const ANY: i64 = curl_sys::CURLAUTH_ANY as i64;
}

/// The bits of CURLOPT_POSTREDIR.
pub(crate) mod post_redir {
    /// CURL_REDIR_POST_301.
    pub(crate) const POST_301: i64 = super::sys_ext::CURL_REDIR_POST_301;
    /// CURL_REDIR_POST_302.
    pub(crate) const POST_302: i64 = super::sys_ext::CURL_REDIR_POST_302;
    /// CURL_REDIR_POST_303.
    pub(crate) const POST_303: i64 = super::sys_ext::CURL_REDIR_POST_303;
}

/// The values of CURLOPT_TIMECONDITION.
pub(crate) mod time_condition {
    /// CURL_TIMECOND_IFMODSINCE.
    pub(crate) const MODIFIED_SINCE: i64 = super::sys_ext::CURL_TIMECOND_IFMODSINCE;
    /// CURL_TIMECOND_IFUNMODSINCE.
    pub(crate) const UNMODIFIED_SINCE: i64 = super::sys_ext::CURL_TIMECOND_IFUNMODSINCE;
    /// CURL_TIMECOND_LASTMOD.
    pub(crate) const LAST_MODIFIED: i64 = super::sys_ext::CURL_TIMECOND_LASTMOD;
}

/// The values of CURLOPT_IPRESOLVE.
pub(crate) mod ip_resolve {
    /// CURL_IPRESOLVE_V4.
    pub(crate) const V4: i64 = super::sys_ext::CURL_IPRESOLVE_V4;
    /// CURL_IPRESOLVE_V6.
    pub(crate) const V6: i64 = super::sys_ext::CURL_IPRESOLVE_V6;
}

/// The values of CURLOPT_SSLVERSION.
pub(crate) mod ssl_version {
    /// CURL_SSLVERSION_TLSv1_0.
    pub(crate) const TLS_1_0: i64 = super::sys_ext::CURL_SSLVERSION_TLS_1_0;
    /// CURL_SSLVERSION_TLSv1_1.
    pub(crate) const TLS_1_1: i64 = TLS_1_0 + 1;
    /// CURL_SSLVERSION_TLSv1_2.
    pub(crate) const TLS_1_2: i64 = TLS_1_0 + 2;
    /// CURL_SSLVERSION_TLSv1_3.
    pub(crate) const TLS_1_3: i64 = super::sys_ext::CURL_SSLVERSION_TLS_1_3;
    /// CURL_SSLVERSION_MAX_*: by how many bits a version is shifted.
    pub(crate) const MAX_SHIFT: u32 = 16;
}

/// The values of CURLOPT_NETRC.
pub(crate) mod netrc {
    /// CURL_NETRC_OPTIONAL.
    pub(crate) const OPTIONAL: i64 = super::sys_ext::CURL_NETRC_OPTIONAL;
    /// CURL_NETRC_REQUIRED.
    pub(crate) const REQUIRED: i64 = super::sys_ext::CURL_NETRC_REQUIRED;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_lies_in_the_range_of_its_type() {
        let in_range = |number: u32, kind: u32| (kind..kind + 10_000).contains(&number);
        assert!(LongOption::ALL.iter().all(|option| in_range(option.number(), 0)));
        assert!(TextOption::ALL.iter().all(|option| in_range(option.number(), 10_000)));
        assert!(SlistOption::ALL.iter().all(|option| in_range(option.number(), 10_000)));
        assert!(OffsetOption::ALL.iter().all(|option| in_range(option.number(), 30_000)));
    }
}
