//! CURLOPT_CLOSESOCKETFUNCTION.

use std::ffi::{c_int, c_void};
use std::os::fd::{FromRawFd as _, OwnedFd};

use curl_sys::curl_socket_t;

use super::{Callbacks, enter};
use crate::callback::Callback;

/// What a transfer makes of it.
pub(crate) trait OnClosesocket {
    /// A socket shall be closed, which dropping it does.
    fn closesocket(&self, socket: OwnedFd);
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    userdata: *mut c_void,
    socket: curl_socket_t,
) -> c_int {
    if socket < 0 {
        return 1;
    }
    // SAFETY: libcurl gives the socket away with this call: it uses the number no more, and it was libcurl's own. It is
    // made owned before anything can panic, so that it is closed whatever happens.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    let call = |handler: &H| {
        handler.closesocket(socket);
        0
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Closesocket, 0, call) }
}

install!(
    ClosesocketCallback,
    curl_sys::CURLOPT_CLOSESOCKETFUNCTION,
    curl_sys::CURLOPT_CLOSESOCKETDATA,
    |easy| {
        easy.closes_sockets();
        Ok(())
    }
);
