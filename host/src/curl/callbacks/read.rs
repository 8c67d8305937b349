//! CURLOPT_READFUNCTION.

use std::ffi::{c_char, c_void};

use super::{Callbacks, Return, enter, length};
use crate::callback::Callback;
use crate::curl::sys_ext;

/// What a transfer makes of it.
pub(crate) trait OnRead {
    /// Bytes to send are wanted, as many as `buffer` holds or fewer.
    fn read(&self, buffer: &mut [u8]) -> Read;
}

/// The answer to a wish for bytes to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// So many bytes were written to the front of the buffer; 0 is the end.
    Bytes(usize),
    /// Nothing yet; it is asked for again after the transfer goes on.
    Pause,
    /// CURLE_ABORTED_BY_CALLBACK.
    Abort,
}

impl Return for Read {
    type Number = usize;
    const ABORT: usize = sys_ext::CURL_READFUNC_ABORT;
}

impl Read {
    /// libcurl's number, for a buffer of `capacity` bytes.
    pub(super) fn number(self, capacity: usize) -> usize {
        match self {
            Read::Bytes(count) if count <= capacity && count < sys_ext::CURL_READFUNC_ABORT => count,
            Read::Pause => sys_ext::CURL_READFUNC_PAUSE,
            Read::Bytes(_) | Read::Abort => Self::ABORT,
        }
    }
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    data: *mut c_char,
    size: usize,
    nmemb: usize,
    userdata: *mut c_void,
) -> usize {
    let call = |handler: &H| {
        let (Some(len), false) = (length(size, nmemb), data.is_null()) else {
            return Read::ABORT;
        };
        // SAFETY: libcurl passes a buffer of `size * nmemb` writable bytes that nobody else touches until the callback
        // returns; they are initialised first, since libcurl does not promise that they are, and a slice must be.
        let buffer = unsafe {
            std::ptr::write_bytes(data.cast::<u8>(), 0, len);
            std::slice::from_raw_parts_mut(data.cast::<u8>(), len)
        };
        handler.read(buffer).number(len)
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Read, Read::ABORT, call) }
}

install!(ReadCallback, curl_sys::CURLOPT_READFUNCTION, curl_sys::CURLOPT_READDATA);
