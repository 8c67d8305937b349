//! CURLOPT_PREREQFUNCTION.

use std::ffi::{c_char, c_int, c_void};

use super::{Callbacks, Continue, Return, enter};
use crate::callback::Callback;
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

install!(
    PrereqCallback,
    sys_ext::CURLOPT_PREREQFUNCTION,
    sys_ext::CURLOPT_PREREQDATA
);
