//! Where libcurl enters: a pointer becomes a slice, a panic is caught, one method of [`Callbacks`] is called, and its
//! answer becomes a number.
//!
//! # Safety
//! Each `extern` function of this page is libcurl's to call. Its caller owes what curl.h promises of the callback: the
//! pointers point to that much memory until the function returns, and a socket is open, or is given away. `userdata`
//! points to an `H` that lives until the function returns. It is the pointer of an `Rc<H>`, which an Easy keeps until
//! after curl_easy_cleanup; the Multi keeps one of each Easy that was in it, and of its listener, until after
//! curl_multi_cleanup, the last function that calls back.

use std::any::Any;
use std::ffi::{c_char, c_int, c_void};
use std::os::fd::{BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};

use curl_sys::{CURL, curl_infotype, curl_off_t, curl_sockaddr, curl_socket_t, curlioerr, curlsocktype};

use super::callbacks::{Callbacks, InfoType, IoctlCommand, Poll};
use super::khkey;
use super::returns::{Continue, Flow, Ioctl, KeyVerdict, Open, Read, Return, Seek, Sockopt, give_to_libcurl};
use super::sockaddr;
use super::sys_ext::Khkey;
use crate::callback::Callback;

/// Calls into the handler that `userdata` points to, as [`guarded`] does.
///
/// # Safety
/// `userdata` points to an `H` that lives until this returns, and of which there are shared references only.
unsafe fn enter<H: Callbacks, R>(userdata: *mut c_void, callback: Callback, abort: R, call: impl FnOnce(&H) -> R) -> R {
    // SAFETY: as the caller promises; the reference is shared, and ends with this call.
    guarded(unsafe { &*userdata.cast_const().cast::<H>() }, callback, abort, call)
}

/// Calls into the handler, and answers `abort` where it panics.
fn guarded<H: Callbacks, R>(handler: &H, callback: Callback, abort: R, call: impl FnOnce(&H) -> R) -> R {
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

/// How many bytes `size * nmemb` are; `None` where no slice is that long.
fn length(size: usize, nmemb: usize) -> Option<usize> {
    size.checked_mul(nmemb).filter(|len| isize::try_from(*len).is_ok())
}

/// Shows `size * nmemb` bytes at `data`, for the time of the call; `None` where that is no slice.
///
/// # Safety
/// Unless `data` is null, so many bytes at it can be read, and stay as they are until this returns.
unsafe fn with_bytes<R>(data: *const c_char, size: usize, nmemb: usize, call: impl FnOnce(&[u8]) -> R) -> Option<R> {
    let len = length(size, nmemb)?;
    if len == 0 {
        return Some(call(&[]));
    }
    if data.is_null() {
        return None;
    }
    // SAFETY: as the caller promises; null, zero and overflow are handled above.
    Some(call(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), len) }))
}

pub(super) unsafe extern "C" fn write<H: Callbacks>(
    data: *mut c_char,
    size: usize,
    nmemb: usize,
    userdata: *mut c_void,
) -> usize {
    let call = |handler: &H| {
        // SAFETY: libcurl passes so many bytes, which stay until the callback returns.
        let answer = unsafe { with_bytes(data, size, nmemb, |chunk| handler.write(chunk).number(chunk.len())) };
        answer.unwrap_or(Flow::ABORT)
    };
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Write, Flow::ABORT, call) }
}

pub(super) unsafe extern "C" fn header<H: Callbacks>(
    data: *mut c_char,
    size: usize,
    nmemb: usize,
    userdata: *mut c_void,
) -> usize {
    let call = |handler: &H| {
        // SAFETY: libcurl passes so many bytes, which stay until the callback returns.
        let answer = unsafe { with_bytes(data, size, nmemb, |line| handler.header(line).number(line.len())) };
        answer.unwrap_or(Flow::ABORT)
    };
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Header, Flow::ABORT, call) }
}

pub(super) unsafe extern "C" fn read<H: Callbacks>(
    data: *mut c_char,
    size: usize,
    nmemb: usize,
    userdata: *mut c_void,
) -> usize {
    let call = |handler: &H| {
        let (Some(len), false) = (length(size, nmemb), data.is_null()) else {
            return Read::ABORT;
        };
        // SAFETY: libcurl passes a buffer of `size * nmemb` writable bytes that nobody else touches until the callback
        // returns; they are initialised first, since libcurl does not promise that they are, and a slice must be.
        let buffer = unsafe {
            std::ptr::write_bytes(data.cast::<u8>(), 0, len);
            std::slice::from_raw_parts_mut(data.cast::<u8>(), len)
        };
        handler.read(buffer).number(len)
    };
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Read, Read::ABORT, call) }
}

pub(super) unsafe extern "C" fn seek<H: Callbacks>(userdata: *mut c_void, offset: curl_off_t, origin: c_int) -> c_int {
    let call = |handler: &H| match u64::try_from(offset) {
        Ok(offset) if origin == libc::SEEK_SET => handler.seek(offset).number(),
        _ => Seek::ABORT,
    };
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Seek, Seek::ABORT, call) }
}

pub(super) unsafe extern "C" fn xferinfo<H: Callbacks>(
    userdata: *mut c_void,
    dltotal: curl_off_t,
    dlnow: curl_off_t,
    ultotal: curl_off_t,
    ulnow: curl_off_t,
) -> c_int {
    let amount = |n: curl_off_t| u64::try_from(n).unwrap_or(0);
    let call = |handler: &H| {
        let answer = handler.xferinfo(amount(dltotal), amount(dlnow), amount(ultotal), amount(ulnow));
        answer.number()
    };
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Xferinfo, Continue::ABORT, call) }
}

pub(super) unsafe extern "C" fn opensocket<H: Callbacks>(
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
            Open::Socket { socket, instead: None } => give_to_libcurl(socket),
            Open::Socket {
                socket,
                instead: Some(instead),
            } => {
                // SAFETY: as above, and libcurl has nobody else write to it meanwhile.
                match unsafe { sockaddr::connect_to(address, &instead) } {
                    true => give_to_libcurl(socket),
                    false => Open::ABORT,
                }
            }
        }
    };
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Opensocket, Open::ABORT, call) }
}

pub(super) unsafe extern "C" fn ioctl<H: Callbacks>(_: *mut CURL, command: c_int, userdata: *mut c_void) -> curlioerr {
    let call = |handler: &H| {
        let command = match u32::try_from(command) {
            Ok(curl_sys::CURLIOCMD_NOP) => IoctlCommand::Nop,
            Ok(curl_sys::CURLIOCMD_RESTARTREAD) => IoctlCommand::RestartRead,
            _ => return Ioctl::UnknownCmd.number(),
        };
        handler.ioctl(command).number()
    };
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Ioctl, Ioctl::ABORT, call) }
}

pub(super) unsafe extern "C" fn debug<H: Callbacks>(
    _: *mut CURL,
    infotype: curl_infotype,
    data: *mut c_char,
    size: usize,
    userdata: *mut c_void,
) -> c_int {
    // libcurl ignores the answer.
    let call = |handler: &H| {
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
        // SAFETY: libcurl passes so many bytes, which stay until the callback returns.
        let _ = unsafe { with_bytes(data, 1, size, |data| handler.debug(infotype, data)) };
        0
    };
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Debug, 0, call) }
}

pub(super) unsafe extern "C" fn sockopt<H: Callbacks>(
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
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Sockopt, Sockopt::ABORT, call) }
}

pub(super) unsafe extern "C" fn closesocket<H: Callbacks>(userdata: *mut c_void, socket: curl_socket_t) -> c_int {
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
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Closesocket, 0, call) }
}

pub(super) unsafe extern "C" fn resolver_start<H: Callbacks>(
    _: *mut c_void,
    _: *mut c_void,
    userdata: *mut c_void,
) -> c_int {
    let call = |handler: &H| handler.resolver_start().number();
    // The host's own, as prereq; of its answers 0 goes on, and any other number ends the transfer.
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Start, Continue::ABORT, call) }
}

pub(super) unsafe extern "C" fn prereq<H: Callbacks>(
    userdata: *mut c_void,
    _: *mut c_char,
    _: *mut c_char,
    _: c_int,
    _: c_int,
) -> c_int {
    let call = |handler: &H| handler.prereq().number();
    // No plugin may export it yet: it is the host's own, and a panic in it the host's.
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::Start, Continue::ABORT, call) }
}

pub(super) unsafe extern "C" fn ssh_key<H: Callbacks>(
    _: *mut CURL,
    known: *const Khkey,
    found: *const Khkey,
    matched: c_int,
    userdata: *mut c_void,
) -> c_int {
    let call = |handler: &H| {
        // SAFETY: libcurl passes null or a `curl_khkey` for each of the two, valid until the callback returns.
        let (known, found) = unsafe { (khkey::read(known), khkey::read(found)) };
        match found {
            Some(found) => handler.ssh_key(known, found, khkey::matched(matched)).number(),
            None => KeyVerdict::ABORT,
        }
    };
    // SAFETY: `userdata` is as this page says.
    unsafe { enter(userdata, Callback::SshKey, KeyVerdict::ABORT, call) }
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
    guarded(handler, Callback::Socket, (), |handler| handler.socket(socket, what));
}
