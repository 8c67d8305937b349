//! libcurl's result codes.

use std::ffi::CStr;

use serde::{Serialize, Serializer};

/// A CURLcode: how a transfer ended, and the exit code of `transferhost run`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CurlCode(u32);

macro_rules! codes {
    ($($number:literal $name:ident)*) => {
        impl CurlCode {
            $(#[doc = concat!("CURLE_", stringify!($name), ".")] pub const $name: CurlCode = CurlCode($number);)*

            /// libcurl's name of the code, such as `CURLE_WRITE_ERROR`; `CURLE_UNKNOWN` for a number without one.
            pub const fn name(self) -> &'static str {
                match self.0 {
                    $($number => concat!("CURLE_", stringify!($name)),)*
                    _ => "CURLE_UNKNOWN",
                }
            }
        }
    };
}

// curl/curl.h of 8.22.0; the numbers of a release never change in a later one.
codes! {
    0 OK 1 UNSUPPORTED_PROTOCOL 2 FAILED_INIT 3 URL_MALFORMAT 4 NOT_BUILT_IN 5 COULDNT_RESOLVE_PROXY
    6 COULDNT_RESOLVE_HOST 7 COULDNT_CONNECT 8 WEIRD_SERVER_REPLY 9 REMOTE_ACCESS_DENIED 10 FTP_ACCEPT_FAILED
    11 FTP_WEIRD_PASS_REPLY 12 FTP_ACCEPT_TIMEOUT 13 FTP_WEIRD_PASV_REPLY 14 FTP_WEIRD_227_FORMAT
    15 FTP_CANT_GET_HOST 16 HTTP2 17 FTP_COULDNT_SET_TYPE 18 PARTIAL_FILE 19 FTP_COULDNT_RETR_FILE 21 QUOTE_ERROR
    22 HTTP_RETURNED_ERROR 23 WRITE_ERROR 25 UPLOAD_FAILED 26 READ_ERROR 27 OUT_OF_MEMORY 28 OPERATION_TIMEDOUT
    30 FTP_PORT_FAILED 31 FTP_COULDNT_USE_REST 33 RANGE_ERROR 35 SSL_CONNECT_ERROR 36 BAD_DOWNLOAD_RESUME
    37 FILE_COULDNT_READ_FILE 38 LDAP_CANNOT_BIND 39 LDAP_SEARCH_FAILED 42 ABORTED_BY_CALLBACK
    43 BAD_FUNCTION_ARGUMENT 45 INTERFACE_FAILED 47 TOO_MANY_REDIRECTS 48 UNKNOWN_OPTION 49 SETOPT_OPTION_SYNTAX
    52 GOT_NOTHING 53 SSL_ENGINE_NOTFOUND 54 SSL_ENGINE_SETFAILED 55 SEND_ERROR 56 RECV_ERROR 58 SSL_CERTPROBLEM
    59 SSL_CIPHER 60 PEER_FAILED_VERIFICATION 61 BAD_CONTENT_ENCODING 63 FILESIZE_EXCEEDED 64 USE_SSL_FAILED
    65 SEND_FAIL_REWIND 66 SSL_ENGINE_INITFAILED 67 LOGIN_DENIED 68 TFTP_NOTFOUND 69 TFTP_PERM 70 REMOTE_DISK_FULL
    71 TFTP_ILLEGAL 72 TFTP_UNKNOWNID 73 REMOTE_FILE_EXISTS 74 TFTP_NOSUCHUSER 77 SSL_CACERT_BADFILE
    78 REMOTE_FILE_NOT_FOUND 79 SSH 80 SSL_SHUTDOWN_FAILED 81 AGAIN 82 SSL_CRL_BADFILE 83 SSL_ISSUER_ERROR
    84 FTP_PRET_FAILED 85 RTSP_CSEQ_ERROR 86 RTSP_SESSION_ERROR 87 FTP_BAD_FILE_LIST 88 CHUNK_FAILED
    89 NO_CONNECTION_AVAILABLE 90 SSL_PINNEDPUBKEYNOTMATCH 91 SSL_INVALIDCERTSTATUS 92 HTTP2_STREAM
    93 RECURSIVE_API_CALL 94 AUTH_ERROR 95 HTTP3 96 QUIC_CONNECT_ERROR 97 PROXY 98 SSL_CLIENTCERT
    99 UNRECOVERABLE_POLL 100 TOO_LARGE 101 ECH_REQUIRED
}

impl CurlCode {
    pub(crate) const fn from_raw(raw: curl_sys::CURLcode) -> CurlCode {
        CurlCode(raw)
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// libcurl's sentence for the code.
    pub fn describe(self) -> &'static str {
        // SAFETY: curl_easy_strerror takes any number and returns a NUL-terminated string in static memory.
        let text = unsafe { CStr::from_ptr(curl_sys::curl_easy_strerror(self.0)) };
        text.to_str().unwrap_or("unknown error")
    }
}

impl std::fmt::Debug for CurlCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)
    }
}

impl std::fmt::Display for CurlCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for CurlCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}
