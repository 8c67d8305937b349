//! Where libcurl enters: a pointer becomes a slice, a panic is caught, one method of [`Callbacks`] is called, and its
//! answer becomes a number.

use std::any::Any;
use std::ffi::{c_char, c_int, c_void};
use std::os::fd::{BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};

use curl_sys::{CURL, curl_infotype, curl_off_t, curl_sockaddr, curl_socket_t, curlioerr, curlsocktype};

use super::khkey::{self, KeyMatch, SshKey};
use super::returns::{Continue, Flow, Ioctl, KeyVerdict, Open, Read, Return, Seek, Sockopt, give_to_libcurl};
use super::sockaddr;
use super::sys_ext::Khkey;
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

/// Calls into the handler, and answers `abort` where it panics.
fn enter<H: Callbacks, R>(userdata: *mut c_void, callback: Callback, abort: R, call: impl FnOnce(&H) -> R) -> R {
    // SAFETY: `userdata` is the pointer of an `Rc<H>`, that of an Easy or that of a Multi's listener. The Easy keeps its
    // own until after curl_easy_cleanup, and the Multi one of each Easy that was in it, and its listener, until after
    // curl_multi_cleanup, the last function that calls back. Only shared references are ever made from it.
    let handler = unsafe { &*userdata.cast_const().cast::<H>() };
    catch_unwind(AssertUnwindSafe(|| call(handler))).unwrap_or_else(|payload| {
        quietly(|| handler.panicked(callback, words_of(&*payload)));
        quietly(|| drop(payload));
        abort
    })
}

/// Runs what must not panic into C: the report of a panic, and the destructor of what it was thrown with.
pub(super) fn quietly(run: impl FnOnce()) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(run))
        && let Err(last) = catch_unwind(AssertUnwindSafe(|| drop(again)))
    {
        // Whose destructor panics, throws what has one that may: the few bytes stay.
        std::mem::forget(last);
    }
}

/// A panic's message.
pub(crate) fn words_of(payload: &(dyn Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(words), _) => words,
        (None, Some(words)) => words,
        (None, None) => "a panic without words",
    }
}

/// `size * nmemb` bytes at `data`; `None` where that is no slice.
fn bytes_at<'a>(data: *const c_char, size: usize, nmemb: usize) -> Option<&'a [u8]> {
    let len = size.checked_mul(nmemb).filter(|len| isize::try_from(*len).is_ok())?;
    if len == 0 {
        return Some(&[]);
    }
    if data.is_null() {
        return None;
    }
    // SAFETY: libcurl passes `size * nmemb` readable bytes that stay as they are until the callback returns, and no
    // caller in this file keeps the slice longer; null, zero and overflow are handled above.
    Some(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), len) })
}

pub(super) extern "C" fn write<H: Callbacks>(
    data: *mut c_char,
    size: usize,
    nmemb: usize,
    userdata: *mut c_void,
) -> usize {
    enter::<H, _>(userdata, Callback::Write, Flow::ABORT, |handler| {
        match bytes_at(data, size, nmemb) {
            Some(chunk) => handler.write(chunk).number(chunk.len()),
            None => Flow::ABORT,
        }
    })
}

pub(super) extern "C" fn header<H: Callbacks>(
    data: *mut c_char,
    size: usize,
    nmemb: usize,
    userdata: *mut c_void,
) -> usize {
    enter::<H, _>(userdata, Callback::Header, Flow::ABORT, |handler| {
        match bytes_at(data, size, nmemb) {
            Some(line) => handler.header(line).number(line.len()),
            None => Flow::ABORT,
        }
    })
}

pub(super) extern "C" fn read<H: Callbacks>(
    data: *mut c_char,
    size: usize,
    nmemb: usize,
    userdata: *mut c_void,
) -> usize {
    enter::<H, _>(userdata, Callback::Read, Read::ABORT, |handler| {
        let len = size.checked_mul(nmemb).filter(|len| isize::try_from(*len).is_ok());
        let (Some(len), false) = (len, data.is_null()) else {
            return Read::ABORT;
        };
        // SAFETY: libcurl passes a buffer of `size * nmemb` writable bytes that nobody else touches until the callback
        // returns; they are initialised first, since libcurl does not promise that they are, and a slice must be.
        let buffer = unsafe {
            std::ptr::write_bytes(data.cast::<u8>(), 0, len);
            std::slice::from_raw_parts_mut(data.cast::<u8>(), len)
        };
        handler.read(buffer).number(len)
    })
}

pub(super) extern "C" fn seek<H: Callbacks>(userdata: *mut c_void, offset: curl_off_t, origin: c_int) -> c_int {
    enter::<H, _>(userdata, Callback::Seek, Seek::ABORT, |handler| {
        match u64::try_from(offset) {
            Ok(offset) if origin == libc::SEEK_SET => handler.seek(offset).number(),
            _ => Seek::ABORT,
        }
    })
}

pub(super) extern "C" fn xferinfo<H: Callbacks>(
    userdata: *mut c_void,
    dltotal: curl_off_t,
    dlnow: curl_off_t,
    ultotal: curl_off_t,
    ulnow: curl_off_t,
) -> c_int {
    let amount = |n: curl_off_t| u64::try_from(n).unwrap_or(0);
    enter::<H, _>(userdata, Callback::Xferinfo, Continue::ABORT, |handler| {
        handler
            .xferinfo(amount(dltotal), amount(dlnow), amount(ultotal), amount(ulnow))
            .number()
    })
}

pub(super) extern "C" fn opensocket<H: Callbacks>(
    userdata: *mut c_void,
    purpose: curlsocktype,
    address: *mut curl_sockaddr,
) -> curl_socket_t {
    enter::<H, _>(userdata, Callback::Opensocket, Open::ABORT, |handler| {
        let Some(target) = sockaddr::target(purpose, address) else {
            return Open::ABORT;
        };
        match handler.opensocket(&target) {
            // libcurl's words for it, under -v, are those of errno, which would be of some earlier call.
            Open::Refuse => {
                errno::set_errno(errno::Errno(libc::EACCES));
                Open::ABORT
            }
            Open::Failed(number) => {
                errno::set_errno(errno::Errno(number));
                Open::ABORT
            }
            Open::Socket { socket, instead } => match instead {
                Some(instead) if !sockaddr::connect_to(address, &instead) => Open::ABORT,
                _ => give_to_libcurl(socket),
            },
        }
    })
}

pub(super) extern "C" fn ioctl<H: Callbacks>(_: *mut CURL, command: c_int, userdata: *mut c_void) -> curlioerr {
    enter::<H, _>(userdata, Callback::Ioctl, Ioctl::ABORT, |handler| {
        let command = match u32::try_from(command) {
            Ok(curl_sys::CURLIOCMD_NOP) => IoctlCommand::Nop,
            Ok(curl_sys::CURLIOCMD_RESTARTREAD) => IoctlCommand::RestartRead,
            _ => return Ioctl::UnknownCmd.number(),
        };
        handler.ioctl(command).number()
    })
}

pub(super) extern "C" fn debug<H: Callbacks>(
    _: *mut CURL,
    infotype: curl_infotype,
    data: *mut c_char,
    size: usize,
    userdata: *mut c_void,
) -> c_int {
    // libcurl ignores the answer.
    enter::<H, _>(userdata, Callback::Debug, 0, |handler| {
        let infotype = match infotype {
            curl_sys::CURLINFO_TEXT => InfoType::Text,
            curl_sys::CURLINFO_HEADER_IN => InfoType::HeaderIn,
            curl_sys::CURLINFO_HEADER_OUT => InfoType::HeaderOut,
            curl_sys::CURLINFO_DATA_IN => InfoType::DataIn,
            curl_sys::CURLINFO_DATA_OUT => InfoType::DataOut,
            curl_sys::CURLINFO_SSL_DATA_IN => InfoType::SslDataIn,
            curl_sys::CURLINFO_SSL_DATA_OUT => InfoType::SslDataOut,
            _ => return 0,
        };
        if let Some(data) = bytes_at(data, 1, size) {
            handler.debug(infotype, data);
        }
        0
    })
}

pub(super) extern "C" fn sockopt<H: Callbacks>(
    userdata: *mut c_void,
    socket: curl_socket_t,
    purpose: curlsocktype,
) -> c_int {
    enter::<H, _>(userdata, Callback::Sockopt, Sockopt::ABORT, |handler| {
        if socket < 0 {
            return Sockopt::ABORT;
        }
        // SAFETY: libcurl passes a socket that it has just made or accepted and that is open until the callback
        // returns: it is -1 at no time, which was checked, and nothing but libcurl closes it.
        let socket = unsafe { BorrowedFd::borrow_raw(socket) };
        handler
            .sockopt(socket, purpose == curl_sys::CURLSOCKTYPE_ACCEPT)
            .number()
    })
}

pub(super) extern "C" fn closesocket<H: Callbacks>(userdata: *mut c_void, socket: curl_socket_t) -> c_int {
    if socket < 0 {
        return 1;
    }
    // SAFETY: libcurl gives the socket away with this call: it uses the number no more, and it was libcurl's own. It is
    // made owned before anything can panic, so that it is closed whatever happens.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    enter::<H, _>(userdata, Callback::Closesocket, 0, |handler| {
        handler.closesocket(socket);
        0
    })
}

pub(super) extern "C" fn prereq<H: Callbacks>(
    userdata: *mut c_void,
    _: *mut c_char,
    _: *mut c_char,
    _: c_int,
    _: c_int,
) -> c_int {
    // No plugin may export it yet: it is the host's own, and a panic in it the host's.
    enter::<H, _>(userdata, Callback::Start, Continue::ABORT, |handler| {
        handler.prereq().number()
    })
}

pub(super) extern "C" fn ssh_key<H: Callbacks>(
    _: *mut CURL,
    known: *const Khkey,
    found: *const Khkey,
    matched: c_int,
    userdata: *mut c_void,
) -> c_int {
    enter::<H, _>(userdata, Callback::SshKey, KeyVerdict::ABORT, |handler| {
        let Some(found) = khkey::read(found) else {
            return KeyVerdict::ABORT;
        };
        handler
            .ssh_key(khkey::read(known), found, khkey::matched(matched))
            .number()
    })
}

/// Tells a handler of a socket; called by the multi handle's own callback.
pub(super) fn socket<H: Callbacks>(handler: &H, socket: RawFd, what: c_int) {
    let what = match what {
        curl_sys::CURL_POLL_IN => Poll::In,
        curl_sys::CURL_POLL_OUT => Poll::Out,
        curl_sys::CURL_POLL_INOUT => Poll::InOut,
        curl_sys::CURL_POLL_REMOVE => Poll::Remove,
        _ => Poll::None,
    };
    enter::<H, _>(
        std::ptr::from_ref(handler).cast_mut().cast(),
        Callback::Socket,
        (),
        |handler| handler.socket(socket, what),
    );
}
