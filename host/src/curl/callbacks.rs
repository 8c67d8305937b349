//! What a transfer answers to libcurl, and what it is told: [`Callbacks`] and the types of its arguments.

use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use super::khkey::{KeyMatch, SshKey};
use super::returns::{Continue, Flow, Ioctl, KeyVerdict, Open, Read, Seek, Sockopt};
use crate::address::Address;
use crate::callback::Callback;

/// What a transfer does when libcurl calls. All methods take `&self`, since libcurl may call one while another of the
/// same transfer is on the stack.
pub(crate) trait Callbacks {
    /// A chunk of the body.
    fn write(&self, chunk: &[u8]) -> Flow;
    /// A header line.
    fn header(&self, line: &[u8]) -> Flow;
    /// Bytes to send are wanted, as many as `buffer` holds or fewer.
    fn read(&self, buffer: &mut [u8]) -> Read;
    /// The next read shall begin at this offset from the beginning.
    fn seek(&self, offset: u64) -> Seek;
    /// The upload shall begin again, in the older way.
    fn ioctl(&self, command: IoctlCommand) -> Ioctl;
    /// libcurl tells what it does.
    fn debug(&self, infotype: InfoType, data: &[u8]);
    /// How far the transfer is, in bytes.
    fn xferinfo(&self, dltotal: u64, dlnow: u64, ultotal: u64, ulnow: u64) -> Continue;
    /// A socket is wanted.
    fn opensocket(&self, target: &SocketTarget) -> Open;
    /// A request is about to be sent, on a new connection or an old one.
    fn prereq(&self) -> Continue;
    /// libcurl is about to find the addresses of a host: of a name, or of an address itself.
    fn resolver_start(&self) -> Continue;
    /// A socket may be tuned; `accept` is as in [`SocketTarget`].
    fn sockopt(&self, socket: BorrowedFd<'_>, accept: bool) -> Sockopt;
    /// A socket shall be closed, which dropping it does.
    fn closesocket(&self, socket: OwnedFd);
    /// What libcurl waits for on a socket, whose number is a name only. Called by the multi handle.
    fn socket(&self, socket: RawFd, what: Poll);
    /// Whether an SSH host's key will do.
    fn ssh_key(&self, known: Option<SshKey>, found: SshKey, matched: KeyMatch) -> KeyVerdict;
    /// A callback panicked with these words; libcurl gets the callback's abort value.
    fn panicked(&self, callback: Callback, words: &str);
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

/// A `curliocmd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IoctlCommand {
    /// CURLIOCMD_NOP.
    Nop,
    /// CURLIOCMD_RESTARTREAD.
    RestartRead,
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
