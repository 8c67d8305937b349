//! CURLOPT_SSH_KEYFUNCTION.

use std::ffi::{c_int, c_void};

use curl_sys::CURL;

use super::{Callbacks, Return, enter};
use crate::callback::Callback;
use crate::curl::khkey::{self, KeyMatch, SshKey};
use crate::curl::sys_ext;
use crate::curl::sys_ext::Khkey;

/// What a transfer makes of it.
pub(crate) trait OnSshKey {
    /// Whether an SSH host's key will do.
    fn ssh_key(&self, known: Option<SshKey>, found: SshKey, matched: KeyMatch) -> KeyVerdict;
}

/// The answer to an SSH host's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyVerdict {
    /// CURLKHSTAT_FINE_ADD_TO_FILE.
    FineAddToFile,
    /// CURLKHSTAT_FINE.
    Fine,
    /// CURLKHSTAT_REJECT.
    Reject,
    /// CURLKHSTAT_FINE_REPLACE.
    FineReplace,
}

impl Return for KeyVerdict {
    type Number = c_int;
    const ABORT: c_int = sys_ext::CURLKHSTAT_REJECT;
}

impl KeyVerdict {
    pub(super) const fn number(self) -> c_int {
        match self {
            KeyVerdict::FineAddToFile => sys_ext::CURLKHSTAT_FINE_ADD_TO_FILE,
            KeyVerdict::Fine => sys_ext::CURLKHSTAT_FINE,
            KeyVerdict::Reject => Self::ABORT,
            KeyVerdict::FineReplace => sys_ext::CURLKHSTAT_FINE_REPLACE,
        }
    }
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    _: *mut CURL,
    known: *const Khkey,
    found: *const Khkey,
    matched: c_int,
    userdata: *mut c_void,
) -> c_int {
    let call = |handler: &H| {
        // SAFETY: libcurl passes null or a `curl_khkey` for each of the two, valid until the callback returns.
        let (known, found) = unsafe { (khkey::read(known), khkey::read(found)) };
        match found {
            Some(found) => handler.ssh_key(known, found, khkey::matched(matched)).number(),
            None => KeyVerdict::ABORT,
        }
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::SshKey, KeyVerdict::ABORT, call) }
}

install!(
    SshKeyCallback,
    curl_sys::CURLOPT_SSH_KEYFUNCTION,
    curl_sys::CURLOPT_SSH_KEYDATA
);
