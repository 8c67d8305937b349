//! CURLOPT_SEEKFUNCTION.

use std::ffi::{c_int, c_void};

use curl_sys::curl_off_t;

use super::{Callbacks, Return, enter};
use crate::callback::Callback;
use crate::curl::sys_ext;

/// What a transfer makes of it.
pub(crate) trait OnSeek {
    /// The next read shall begin at this offset from the beginning.
    fn seek(&self, offset: u64) -> Seek;
}

/// The answer to a wish to rewind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seek {
    /// The next read begins there.
    Ok,
    /// The source failed.
    Fail,
    /// The source cannot seek.
    Cannot,
}

impl Return for Seek {
    type Number = c_int;
    const ABORT: c_int = sys_ext::CURL_SEEKFUNC_FAIL;
}

impl Seek {
    pub(super) const fn number(self) -> c_int {
        match self {
            Seek::Ok => sys_ext::CURL_SEEKFUNC_OK,
            Seek::Fail => Self::ABORT,
            Seek::Cannot => sys_ext::CURL_SEEKFUNC_CANTSEEK,
        }
    }
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    userdata: *mut c_void,
    offset: curl_off_t,
    origin: c_int,
) -> c_int {
    let call = |handler: &H| match u64::try_from(offset) {
        Ok(offset) if origin == libc::SEEK_SET => handler.seek(offset).number(),
        _ => Seek::ABORT,
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Seek, Seek::ABORT, call) }
}

install!(SeekCallback, curl_sys::CURLOPT_SEEKFUNCTION, curl_sys::CURLOPT_SEEKDATA);
