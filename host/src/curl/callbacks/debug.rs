//! CURLOPT_DEBUGFUNCTION.

use std::ffi::{c_char, c_int, c_void};

use curl_sys::{CURL, curl_infotype};

use super::{Callbacks, enter, with_bytes};
use crate::callback::Callback;
use crate::curl::option::LongOption;

/// What a transfer makes of it.
pub(crate) trait OnDebug {
    /// libcurl tells what it does.
    fn debug(&self, infotype: InfoType, data: &[u8]);
}

/// What libcurl tells of, a `curl_infotype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfoType {
    /// CURLINFO_TEXT.
    Text,
    /// CURLINFO_HEADER_IN.
    HeaderIn,
    /// CURLINFO_HEADER_OUT.
    HeaderOut,
    /// CURLINFO_DATA_IN.
    DataIn,
    /// CURLINFO_DATA_OUT.
    DataOut,
    /// CURLINFO_SSL_DATA_IN.
    SslDataIn,
    /// CURLINFO_SSL_DATA_OUT.
    SslDataOut,
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    _: *mut CURL,
    infotype: curl_infotype,
    data: *mut c_char,
    size: usize,
    userdata: *mut c_void,
) -> c_int {
    // libcurl ignores the answer.
    let call = |handler: &H| {
        let infotype = match infotype {
            curl_sys::CURLINFO_TEXT => InfoType::Text,
            curl_sys::CURLINFO_HEADER_IN => InfoType::HeaderIn,
            curl_sys::CURLINFO_HEADER_OUT => InfoType::HeaderOut,
            curl_sys::CURLINFO_DATA_IN => InfoType::DataIn,
            curl_sys::CURLINFO_DATA_OUT => InfoType::DataOut,
            curl_sys::CURLINFO_SSL_DATA_IN => InfoType::SslDataIn,
            curl_sys::CURLINFO_SSL_DATA_OUT => InfoType::SslDataOut,
            _ => return 0,
        };
        // SAFETY: libcurl passes so many bytes, which stay until the callback returns.
        let _ = unsafe { with_bytes(data, 1, size, |data| handler.debug(infotype, data)) };
        0
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Debug, 0, call) }
}

install!(
    DebugCallback,
    curl_sys::CURLOPT_DEBUGFUNCTION,
    curl_sys::CURLOPT_DEBUGDATA,
    |easy| easy.set_long(LongOption::VERBOSE, 1)
);
