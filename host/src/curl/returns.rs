//! A verdict's way back: what a callback answers, and the number that libcurl takes for it.
//!
//! Every answer has its fail-closed value as a constant of the C type, and no other answer can equal it.

use std::ffi::c_int;
use std::os::fd::{IntoRawFd, OwnedFd};

use curl_sys::curl_socket_t;

use super::sys_ext;
use crate::address::Address;

/// An answer that libcurl gets as a number.
pub(crate) trait Return {
    /// The C type.
    type Number: Copy;
    /// What a callback answers that must not go on: after a panic, and after the latch.
    const ABORT: Self::Number;
}

/// The answer to a chunk of the body or a header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// All of it was taken.
    Taken,
    /// Nothing was taken; it comes again after the transfer goes on.
    Pause,
    /// CURLE_WRITE_ERROR.
    Abort,
}

impl Return for Flow {
    type Number = usize;
    const ABORT: usize = sys_ext::CURL_WRITEFUNC_ERROR;
}

impl Flow {
    /// libcurl's number, for a slice of `len` bytes. A slice as long as a special value cannot be: libcurl's chunks
    /// end at 16 KiB and its header lines at 100 KiB.
    pub(super) fn number(self, len: usize) -> usize {
        match self {
            Flow::Taken if len < curl_sys::CURL_WRITEFUNC_PAUSE => len,
            Flow::Pause => curl_sys::CURL_WRITEFUNC_PAUSE,
            Flow::Taken | Flow::Abort => Self::ABORT,
        }
    }
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

/// The answer to a wish to rewind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seek {
    /// The next read begins there.
    Ok,
    /// The source failed.
    Fail,
    /// The source cannot seek.
    Cannot,
}

impl Return for Seek {
    type Number = c_int;
    const ABORT: c_int = sys_ext::CURL_SEEKFUNC_FAIL;
}

impl Seek {
    pub(super) const fn number(self) -> c_int {
        match self {
            Seek::Ok => sys_ext::CURL_SEEKFUNC_OK,
            Seek::Fail => Self::ABORT,
            Seek::Cannot => sys_ext::CURL_SEEKFUNC_CANTSEEK,
        }
    }
}

/// The answer to a wish to begin an upload again, in the older way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ioctl {
    /// CURLIOE_OK.
    Ok,
    /// CURLIOE_UNKNOWNCMD.
    UnknownCmd,
    /// CURLIOE_FAILRESTART.
    FailRestart,
}

impl Return for Ioctl {
    type Number = curl_sys::curlioerr;
    const ABORT: curl_sys::curlioerr = curl_sys::CURLIOE_FAILRESTART;
}

impl Ioctl {
    pub(super) const fn number(self) -> curl_sys::curlioerr {
        match self {
            Ioctl::Ok => curl_sys::CURLIOE_OK,
            Ioctl::UnknownCmd => curl_sys::CURLIOE_UNKNOWNCMD,
            Ioctl::FailRestart => Self::ABORT,
        }
    }
}

/// The answer to a report of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Continue {
    /// Go on.
    Yes,
    /// CURLE_ABORTED_BY_CALLBACK.
    Abort,
}

impl Return for Continue {
    type Number = c_int;
    const ABORT: c_int = 1;
}

impl Continue {
    pub(super) const fn number(self) -> c_int {
        match self {
            Continue::Yes => 0,
            Continue::Abort => Self::ABORT,
        }
    }
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

/// The answer to an SSH host's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyVerdict {
    /// CURLKHSTAT_FINE_ADD_TO_FILE.
    FineAddToFile,
    /// CURLKHSTAT_FINE.
    Fine,
    /// CURLKHSTAT_REJECT.
    Reject,
    /// CURLKHSTAT_FINE_REPLACE.
    FineReplace,
}

impl Return for KeyVerdict {
    type Number = c_int;
    const ABORT: c_int = sys_ext::CURLKHSTAT_REJECT;
}

impl KeyVerdict {
    pub(super) const fn number(self) -> c_int {
        match self {
            KeyVerdict::FineAddToFile => sys_ext::CURLKHSTAT_FINE_ADD_TO_FILE,
            KeyVerdict::Fine => sys_ext::CURLKHSTAT_FINE,
            KeyVerdict::Reject => Self::ABORT,
            KeyVerdict::FineReplace => sys_ext::CURLKHSTAT_FINE_REPLACE,
        }
    }
}

/// The socket's number, libcurl being its owner from now on.
pub(super) fn give_to_libcurl(socket: OwnedFd) -> curl_socket_t {
    socket.into_raw_fd()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_but_an_abort_equals_the_abort_value() {
        assert_eq!(Flow::Taken.number(16_384), 16_384);
        assert_ne!(Flow::Pause.number(1), Flow::ABORT);
        assert_eq!(Flow::Taken.number(Flow::ABORT), Flow::ABORT);
        assert_eq!(Flow::Taken.number(curl_sys::CURL_WRITEFUNC_PAUSE), Flow::ABORT);
        assert_eq!(Read::Bytes(17).number(16), Read::ABORT);
        assert_eq!(Read::Bytes(16).number(16), 16);
        assert_ne!(Seek::Ok.number(), Seek::ABORT);
        assert_ne!(Seek::Cannot.number(), Seek::ABORT);
        assert_ne!(Read::Pause.number(16), Read::ABORT);
        for fine in [Sockopt::Ok, Sockopt::AlreadyConnected] {
            assert_ne!(fine.number(), Sockopt::ABORT);
        }
        for other in [KeyVerdict::FineAddToFile, KeyVerdict::Fine, KeyVerdict::FineReplace] {
            assert_ne!(other.number(), KeyVerdict::ABORT);
        }
        assert_ne!(Ioctl::Ok.number(), Ioctl::ABORT);
        assert_ne!(Continue::Yes.number(), Continue::ABORT);
    }
}
