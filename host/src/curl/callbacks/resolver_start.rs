//! CURLOPT_RESOLVER_START_FUNCTION.

use std::ffi::{c_int, c_void};

use super::{Callbacks, Continue, Return, enter};
use crate::callback::Callback;
use crate::curl::sys_ext;

/// What a transfer makes of it.
pub(crate) trait OnResolverStart {
    /// libcurl is about to find the addresses of a host: of a name, or of an address itself.
    fn resolver_start(&self) -> Continue;
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    _: *mut c_void,
    _: *mut c_void,
    userdata: *mut c_void,
) -> c_int {
    let call = |handler: &H| handler.resolver_start().number();
    // The host's own, as prereq; of its answers 0 goes on, and any other number ends the transfer.
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Start, Continue::ABORT, call) }
}

install!(
    ResolverStartCallback,
    sys_ext::CURLOPT_RESOLVER_START_FUNCTION,
    sys_ext::CURLOPT_RESOLVER_START_DATA
);
