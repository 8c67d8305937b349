//! CURLMOPT_SOCKETFUNCTION, which the multi handle has libcurl call.

use std::ffi::c_int;
use std::os::fd::RawFd;

use super::{Callbacks, guarded};
use crate::callback::Callback;

/// What a transfer makes of it.
pub(crate) trait OnSocket {
    /// What libcurl waits for on a socket, whose number is a name only. Called by the multi handle.
    fn socket(&self, socket: RawFd, what: Poll);
}

/// A CURL_POLL_*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Poll {
    /// CURL_POLL_NONE.
    None,
    /// CURL_POLL_IN.
    In,
    /// CURL_POLL_OUT.
    Out,
    /// CURL_POLL_INOUT.
    InOut,
    /// CURL_POLL_REMOVE.
    Remove,
}

/// Tells a handler of a socket; called by the multi handle's own callback.
pub(in crate::curl) fn tell<H: Callbacks>(handler: &H, socket: RawFd, what: c_int) {
    let what = match what {
        curl_sys::CURL_POLL_IN => Poll::In,
        curl_sys::CURL_POLL_OUT => Poll::Out,
        curl_sys::CURL_POLL_INOUT => Poll::InOut,
        curl_sys::CURL_POLL_REMOVE => Poll::Remove,
        _ => Poll::None,
    };
    guarded(handler, Callback::Socket, (), |handler| handler.socket(socket, what));
}
