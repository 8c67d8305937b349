//! CURLOPT_WRITEFUNCTION.

use std::ffi::{c_char, c_void};

use super::{Callbacks, Return, receive};
use crate::callback::Callback;
use crate::curl::sys_ext;

/// What a transfer makes of it.
pub(crate) trait OnWrite {
    /// A chunk of the body.
    fn write(&self, chunk: &[u8]) -> Flow;
}

/// The answer to a chunk of the body or a header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// All of it was taken.
    Taken,
    /// Nothing was taken; it comes again after the transfer goes on.
    Pause,
    /// CURLE_WRITE_ERROR.
    Abort,
}

impl Return for Flow {
    type Number = usize;
    const ABORT: usize = sys_ext::CURL_WRITEFUNC_ERROR;
}

impl Flow {
    /// libcurl's number, for a slice of `len` bytes. A slice as long as a special value cannot be: libcurl's chunks
    /// end at 16 KiB and its header lines at 100 KiB.
    pub(super) fn number(self, len: usize) -> usize {
        match self {
            Flow::Taken if len < curl_sys::CURL_WRITEFUNC_PAUSE => len,
            Flow::Pause => curl_sys::CURL_WRITEFUNC_PAUSE,
            Flow::Taken | Flow::Abort => Self::ABORT,
        }
    }
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    data: *mut c_char,
    size: usize,
    nmemb: usize,
    userdata: *mut c_void,
) -> usize {
    // SAFETY: libcurl passes so many bytes, which stay until the callback returns, and `userdata` is as the page of this folder
    // says.
    unsafe { receive(userdata, Callback::Write, (data, size, nmemb), H::write) }
}

install!(
    WriteCallback,
    curl_sys::CURLOPT_WRITEFUNCTION,
    curl_sys::CURLOPT_WRITEDATA
);
