//! CURLOPT_HEADERFUNCTION.

use std::ffi::{c_char, c_void};

use super::{Callbacks, Flow, receive};
use crate::callback::Callback;

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
    // SAFETY: libcurl passes so many bytes, which stay until the callback returns, and `userdata` is as the page of this folder
    // says.
    unsafe { receive(userdata, Callback::Header, (data, size, nmemb), H::header) }
}

install!(
    WriteCallback,
    curl_sys::CURLOPT_HEADERFUNCTION,
    curl_sys::CURLOPT_HEADERDATA
);
