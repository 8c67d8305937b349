//! libcurl's reading of dates.

use std::ffi::CString;
use std::ptr;

/// Seconds since 1970 of a date as HTTP, mail or people write it, by curl_getdate; `None` where it is none.
pub(crate) fn getdate(text: &str) -> Option<i64> {
    let text = CString::new(text).ok()?;
    // SAFETY: the string is NUL-terminated, and the second argument has never been used.
    let seconds = unsafe { curl_sys::curl_getdate(text.as_ptr(), ptr::null()) };
    (seconds != -1).then_some(seconds)
}
