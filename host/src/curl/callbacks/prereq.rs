//! CURLOPT_PREREQFUNCTION.

use std::ffi::{c_char, c_int, c_void};

use super::{Callbacks, Continue, Return, enter};
use crate::callback::Callback;
use crate::curl::easy::{Easy, SetoptError};
use crate::curl::sys_ext;

/// What a transfer makes of it.
pub(crate) trait OnPrereq {
    /// A request is about to be sent, on a new connection or an old one.
    fn prereq(&self) -> Continue;
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    userdata: *mut c_void,
    _: *mut c_char,
    _: *mut c_char,
    _: c_int,
    _: c_int,
) -> c_int {
    let call = |handler: &H| handler.prereq().number();
    // No plugin may export it yet: it is the host's own, and a panic in it the host's.
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Start, Continue::ABORT, call) }
}

/// Has libcurl call it.
pub(in crate::curl) fn install<H: Callbacks>(easy: &mut Easy<H>) -> Result<(), SetoptError> {
    let function: sys_ext::PrereqCallback = trampoline::<H>;
    let (option, data) = (sys_ext::CURLOPT_PREREQFUNCTION, sys_ext::CURLOPT_PREREQDATA);
    // SAFETY: the function's signature is that of libcurl's type for this option, which it is bound to.
    unsafe { easy.set_callback("CURLOPT_PREREQFUNCTION", option, function as *const c_void, data) }
}
