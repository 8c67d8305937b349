//! Which libcurl this is, and its one global initialisation.

use std::ffi::{CStr, c_char};
use std::sync::{Once, OnceLock};

use crate::callback::Callback;

/// libcurl's version and what it was built with.
#[derive(Clone, Debug)]
pub struct LibcurlVersion {
    /// Such as `8.22.0`.
    pub version: String,
    /// The TLS library, such as `OpenSSL/3.0.17`; empty without one.
    pub tls: String,
    /// The schemes that it speaks, in lower case.
    pub protocols: Vec<String>,
    /// Whether it was compiled from curl-sys's own pinned sources.
    pub bundled: bool,
    /// Whether it speaks HTTP/2.
    pub http2: bool,
    /// What else it was built with, by the names that curl's own `--version` has.
    pub features: Vec<&'static str>,
}

/// The bits of curl_version_info's features, in curl's order.
const FEATURES: &[(u32, &str)] = &[
    (24, "alt-svc"),
    (7, "AsynchDNS"),
    (23, "brotli"),
    (6, "Debug"),
    (29, "gsasl"),
    (17, "GSS-API"),
    (28, "HSTS"),
    (16, "HTTP2"),
    (25, "HTTP3"),
    (21, "HTTPS-proxy"),
    (10, "IDN"),
    (0, "IPv6"),
    (18, "Kerberos"),
    (9, "Largefile"),
    (3, "libz"),
    (22, "MultiSSL"),
    (4, "NTLM"),
    (20, "PSL"),
    (8, "SPNEGO"),
    (2, "SSL"),
    (30, "threadsafe"),
    (14, "TLS-SRP"),
    (19, "UnixSockets"),
    (26, "zstd"),
];

impl LibcurlVersion {
    /// The libcurl that this process is linked to.
    pub fn get() -> LibcurlVersion {
        global_init();
        // SAFETY: curl_version_info has no precondition.
        let data = unsafe { curl_sys::curl_version_info(curl_sys::CURLVERSION_FIRST) };
        // SAFETY: it returns a static structure, filled at least as far as CURLVERSION_FIRST goes, which these fields are
        // within; no reference is made to the whole, since curl-sys's may be longer than an older libcurl's. Its strings
        // are static and NUL-terminated.
        let (version, tls, mut entry, features) = unsafe {
            (
                static_text((*data).version),
                static_text((*data).ssl_version),
                (*data).protocols,
                (*data).features,
            )
        };
        let mut protocols = Vec::new();
        // SAFETY: `protocols` is an array of NUL-terminated strings in static memory, closed by a null pointer.
        unsafe {
            while !entry.is_null() && !(*entry).is_null() {
                protocols.extend(static_text(*entry));
                entry = entry.add(1);
            }
        }
        LibcurlVersion {
            version: version.unwrap_or_default(),
            tls: tls.unwrap_or_default(),
            protocols,
            bundled: curl_sys::vendored(),
            http2: features & curl_sys::CURL_VERSION_HTTP2 != 0,
            features: FEATURES
                .iter()
                .filter(|(bit, _)| features >> bit & 1 != 0)
                .map(|(_, name)| *name)
                .collect(),
        }
    }

    /// Whether this libcurl can ever call a callback: some need a scheme that it was built without.
    pub fn can_fire(&self, callback: Callback) -> bool {
        match callback {
            Callback::SshKey => self.protocols.iter().any(|scheme| scheme == "sftp" || scheme == "scp"),
            // Every scheme has the others, or some that every libcurl speaks.
            _ => !self.protocols.is_empty(),
        }
    }
}

/// curl_version's line, as curl's `%{json}` has it.
#[cfg(feature = "cli")]
pub(crate) fn version_text() -> String {
    global_init();
    // SAFETY: curl_version has no precondition and returns a NUL-terminated string in static memory.
    unsafe { static_text(curl_sys::curl_version()) }.unwrap_or_default()
}

/// The text; `None` for a null pointer.
///
/// # Safety
/// It is null, or points to a NUL-terminated string that lives until this returns.
unsafe fn static_text(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: it is not null, so it is a string as the caller promises; it is copied.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// Whether this libcurl is of this release or a newer one, such as `0x08_0d_00` for 8.13.0.
pub(super) fn is_at_least(release: u32) -> bool {
    static NUMBER: OnceLock<u32> = OnceLock::new();
    let number = NUMBER.get_or_init(|| {
        global_init();
        // SAFETY: curl_version_info has no precondition and returns a static structure, in which this field is always
        // filled.
        unsafe { (*curl_sys::curl_version_info(curl_sys::CURLVERSION_FIRST)).version_num }
    });
    *number >= release
}

/// Initialises libcurl once in the process.
pub(super) fn global_init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: curl_global_init is called once, before any other function of libcurl's: every path to one leads
        // through here. A failure shows in the next call, which then makes no handle.
        unsafe { curl_sys::curl_global_init(curl_sys::CURL_GLOBAL_ALL) };
    });
}
