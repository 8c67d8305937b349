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
        CONNECTTIMEOUT_MS = curl_sys::CURLOPT_CONNECTTIMEOUT_MS;
        FAILONERROR = curl_sys::CURLOPT_FAILONERROR;
        FOLLOWLOCATION = curl_sys::CURLOPT_FOLLOWLOCATION;
        FORBID_REUSE = curl_sys::CURLOPT_FORBID_REUSE;
        FRESH_CONNECT = curl_sys::CURLOPT_FRESH_CONNECT;
        HTTPAUTH = curl_sys::CURLOPT_HTTPAUTH;
        HTTP_VERSION = curl_sys::CURLOPT_HTTP_VERSION;
        LOW_SPEED_LIMIT = curl_sys::CURLOPT_LOW_SPEED_LIMIT;
        LOW_SPEED_TIME = curl_sys::CURLOPT_LOW_SPEED_TIME;
        MAXREDIRS = curl_sys::CURLOPT_MAXREDIRS;
        NOPROGRESS = curl_sys::CURLOPT_NOPROGRESS;
        NOSIGNAL = curl_sys::CURLOPT_NOSIGNAL;
        POST = curl_sys::CURLOPT_POST;
        QUICK_EXIT = sys_ext::CURLOPT_QUICK_EXIT;
        SSL_VERIFYHOST = curl_sys::CURLOPT_SSL_VERIFYHOST;
        SSL_VERIFYPEER = curl_sys::CURLOPT_SSL_VERIFYPEER;
        TIMEOUT_MS = curl_sys::CURLOPT_TIMEOUT_MS;
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
        CUSTOMREQUEST = curl_sys::CURLOPT_CUSTOMREQUEST;
        FTPPORT = curl_sys::CURLOPT_FTPPORT;
        PROTOCOLS_STR = sys_ext::CURLOPT_PROTOCOLS_STR;
        PROXY = curl_sys::CURLOPT_PROXY;
        REDIR_PROTOCOLS_STR = sys_ext::CURLOPT_REDIR_PROTOCOLS_STR;
        SSH_HOST_PUBLIC_KEY_SHA256 = sys_ext::CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256;
        SSH_KNOWNHOSTS = curl_sys::CURLOPT_SSH_KNOWNHOSTS;
        SSH_PRIVATE_KEYFILE = curl_sys::CURLOPT_SSH_PRIVATE_KEYFILE;
        SSH_PUBLIC_KEYFILE = curl_sys::CURLOPT_SSH_PUBLIC_KEYFILE;
        UNIX_SOCKET_PATH = curl_sys::CURLOPT_UNIX_SOCKET_PATH;
        URL = curl_sys::CURLOPT_URL;
        USERAGENT = curl_sys::CURLOPT_USERAGENT;
        USERPWD = curl_sys::CURLOPT_USERPWD;
    }
}

options! {
    /// An option that takes a `curl_off_t`.
    OffsetOption {
        INFILESIZE_LARGE = curl_sys::CURLOPT_INFILESIZE_LARGE;
        POSTFIELDSIZE_LARGE = curl_sys::CURLOPT_POSTFIELDSIZE_LARGE;
        RESUME_FROM_LARGE = curl_sys::CURLOPT_RESUME_FROM_LARGE;
    }
}

options! {
    /// An option that takes a `curl_slist`, which the handle keeps.
    SlistOption {
        HTTPHEADER = curl_sys::CURLOPT_HTTPHEADER;
    }
}

/// The values of CURLOPT_HTTP_VERSION.
pub(crate) mod http_version {
    /// CURL_HTTP_VERSION_1_1.
    pub(crate) const V1_1: i64 = 2;
    /// CURL_HTTP_VERSION_2_0.
    pub(crate) const V2: i64 = 3;
    /// CURL_HTTP_VERSION_2TLS: HTTP/2 over TLS, HTTP/1.1 in the clear; the curl tool's default.
    pub(crate) const V2_TLS: i64 = 4;
}

/// The values of CURLOPT_HTTPAUTH.
pub(crate) mod http_auth {
    /// CURLAUTH_DIGEST.
    pub(crate) const DIGEST: i64 = curl_sys::CURLAUTH_DIGEST as i64;
    /// CURLAUTH_ANY.
    pub(crate) const ANY: i64 = curl_sys::CURLAUTH_ANY as i64;
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
