//! CURLOPT_XFERINFOFUNCTION.

use std::ffi::{c_int, c_void};

use curl_sys::curl_off_t;

use super::{Callbacks, Return, enter};
use crate::callback::Callback;
use crate::curl::option::LongOption;
use crate::curl::sys_ext;

/// What a transfer makes of it.
pub(crate) trait OnXferinfo {
    /// How far the transfer is, in bytes.
    fn xferinfo(&self, dltotal: u64, dlnow: u64, ultotal: u64, ulnow: u64) -> Continue;
}

/// The answer to a report of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Continue {
    /// Go on.
    Yes,
    /// CURLE_ABORTED_BY_CALLBACK.
    Abort,
}

impl Return for Continue {
    type Number = c_int;
    const ABORT: c_int = 1;
}

impl Continue {
    pub(super) const fn number(self) -> c_int {
        match self {
            Continue::Yes => 0,
            Continue::Abort => Self::ABORT,
        }
    }
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    userdata: *mut c_void,
    dltotal: curl_off_t,
    dlnow: curl_off_t,
    ultotal: curl_off_t,
    ulnow: curl_off_t,
) -> c_int {
    let amount = |n: curl_off_t| u64::try_from(n).unwrap_or(0);
    let call = |handler: &H| {
        let answer = handler.xferinfo(amount(dltotal), amount(dlnow), amount(ultotal), amount(ulnow));
        answer.number()
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Xferinfo, Continue::ABORT, call) }
}

install!(
    XferinfoCallback,
    sys_ext::CURLOPT_XFERINFOFUNCTION,
    sys_ext::CURLOPT_XFERINFODATA,
    |easy| easy.set_long(LongOption::NOPROGRESS, 0)
);
