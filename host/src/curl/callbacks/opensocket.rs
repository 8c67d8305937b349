//! CURLOPT_OPENSOCKETFUNCTION.

use std::ffi::{c_int, c_void};
use std::os::fd::{IntoRawFd as _, OwnedFd};

use curl_sys::{curl_sockaddr, curl_socket_t, curlsocktype};

use super::{Callbacks, Return, enter};
use crate::address::Address;
use crate::callback::Callback;
use crate::curl::sockaddr;
use crate::curl::sys_ext;

/// What a transfer makes of it.
pub(crate) trait OnOpensocket {
    /// A socket is wanted.
    fn opensocket(&self, target: &SocketTarget) -> Open;
}

/// The socket that libcurl wants.
#[derive(Debug)]
pub(crate) struct SocketTarget {
    /// Whether CURLSOCKTYPE_ACCEPT was asked for rather than CURLSOCKTYPE_IPCXN.
    pub(crate) accept: bool,
    /// Its type.
    pub(crate) socktype: SocketType,
    /// Its protocol, by number.
    pub(crate) protocol: i32,
    /// Where libcurl would connect it.
    pub(crate) address: Address,
}

/// SOCK_STREAM or SOCK_DGRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketType {
    /// SOCK_STREAM.
    Stream,
    /// SOCK_DGRAM.
    Datagram,
}

/// The answer to a wish for a socket.
#[derive(Debug)]
pub(crate) enum Open {
    /// This socket, connected by libcurl to the address that it named, or to this one.
    Socket {
        /// A socket of the address's family.
        socket: OwnedFd,
        /// Where libcurl shall connect it instead.
        instead: Option<Address>,
    },
    /// Not this address: libcurl is told EACCES.
    Refuse,
    /// The system made no socket for it, with this errno.
    Failed(c_int),
}

impl Return for Open {
    type Number = curl_socket_t;
    const ABORT: curl_socket_t = sys_ext::CURL_SOCKET_BAD;
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    userdata: *mut c_void,
    purpose: curlsocktype,
    address: *mut curl_sockaddr,
) -> curl_socket_t {
    let refused = |number| {
        errno::set_errno(errno::Errno(number));
        Open::ABORT
    };
    let call = |handler: &H| {
        // SAFETY: libcurl passes null or a `curl_sockaddr` with its storage, valid until the callback returns.
        let Some(target) = (unsafe { sockaddr::target(purpose, address) }) else {
            return Open::ABORT;
        };
        match handler.opensocket(&target) {
            // libcurl's words for it, under -v, are those of errno, which would be of some earlier call.
            Open::Refuse => refused(libc::EACCES),
            Open::Failed(number) => refused(number),
            Open::Socket { socket, instead: None } => socket.into_raw_fd(),
            Open::Socket {
                socket,
                instead: Some(instead),
            } => {
                // SAFETY: as above, and libcurl has nobody else write to it meanwhile.
                match unsafe { sockaddr::connect_to(address, &instead) } {
                    true => socket.into_raw_fd(),
                    false => Open::ABORT,
                }
            }
        }
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Opensocket, Open::ABORT, call) }
}

install!(
    OpensocketCallback,
    curl_sys::CURLOPT_OPENSOCKETFUNCTION,
    curl_sys::CURLOPT_OPENSOCKETDATA
);
