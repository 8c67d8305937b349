//! CURLOPT_SOCKOPTFUNCTION.

use std::ffi::{c_int, c_void};
use std::os::fd::BorrowedFd;

use curl_sys::{curl_socket_t, curlsocktype};

use super::{Callbacks, Return, enter};
use crate::callback::Callback;
use crate::curl::sys_ext;

/// What a transfer makes of it.
pub(crate) trait OnSockopt {
    /// A socket may be tuned; `accept` is as in [`SocketTarget`].
    fn sockopt(&self, socket: BorrowedFd<'_>, accept: bool) -> Sockopt;
}

/// The answer to a socket that may be tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sockopt {
    /// CURL_SOCKOPT_OK.
    Ok,
    /// CURL_SOCKOPT_ERROR.
    Error,
    /// CURL_SOCKOPT_ALREADY_CONNECTED.
    AlreadyConnected,
}

impl Return for Sockopt {
    type Number = c_int;
    const ABORT: c_int = sys_ext::CURL_SOCKOPT_ERROR;
}

impl Sockopt {
    pub(super) const fn number(self) -> c_int {
        match self {
            Sockopt::Ok => sys_ext::CURL_SOCKOPT_OK,
            Sockopt::Error => Self::ABORT,
            Sockopt::AlreadyConnected => sys_ext::CURL_SOCKOPT_ALREADY_CONNECTED,
        }
    }
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    userdata: *mut c_void,
    socket: curl_socket_t,
    purpose: curlsocktype,
) -> c_int {
    let call = |handler: &H| {
        if socket < 0 {
            return Sockopt::ABORT;
        }
        // SAFETY: libcurl passes a socket that it has just made or accepted and that is open until the callback
        // returns: it is not negative, which was checked, and nothing but libcurl closes it.
        let socket = unsafe { BorrowedFd::borrow_raw(socket) };
        let accept = purpose == curl_sys::CURLSOCKTYPE_ACCEPT;
        handler.sockopt(socket, accept).number()
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Sockopt, Sockopt::ABORT, call) }
}

install!(
    SockoptCallback,
    curl_sys::CURLOPT_SOCKOPTFUNCTION,
    curl_sys::CURLOPT_SOCKOPTDATA
);
