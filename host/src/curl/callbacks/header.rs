//! CURLOPT_HEADERFUNCTION.

use std::ffi::{c_char, c_void};

use super::{Callbacks, Flow, Return, enter, with_bytes};
use crate::callback::Callback;
use crate::curl::easy::{Easy, SetoptError};
use crate::curl::sys_ext;

/// What a transfer makes of it.
pub(crate) trait OnHeader {
    /// A header line.
    fn header(&self, line: &[u8]) -> Flow;
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    data: *mut c_char,
    size: usize,
    nmemb: usize,
    userdata: *mut c_void,
) -> usize {
    let call = |handler: &H| {
        // SAFETY: libcurl passes so many bytes, which stay until the callback returns.
        let answer = unsafe { with_bytes(data, size, nmemb, |line| handler.header(line).number(line.len())) };
        answer.unwrap_or(Flow::ABORT)
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Header, Flow::ABORT, call) }
}

/// Has libcurl call it.
pub(in crate::curl) fn install<H: Callbacks>(easy: &mut Easy<H>) -> Result<(), SetoptError> {
    let function: sys_ext::WriteCallback = trampoline::<H>;
    let (option, data) = (curl_sys::CURLOPT_HEADERFUNCTION, curl_sys::CURLOPT_HEADERDATA);
    // SAFETY: the function's signature is that of libcurl's type for this option, which it is bound to.
    unsafe { easy.set_callback("CURLOPT_HEADERFUNCTION", option, function as *const c_void, data) }
}
