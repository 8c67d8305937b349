//! Where libcurl enters: a pointer becomes a slice, a panic is caught, one method of [`Callbacks`] is called, and its
//! answer becomes a number.

use std::any::Any;
use std::ffi::{c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use curl_sys::{curl_off_t, curl_sockaddr, curl_socket_t, curlsocktype};

use super::returns::{Continue, Flow, Open, Read, Return, Seek, give_to_libcurl};
use super::sockaddr;
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
    /// How far the transfer is, in bytes.
    fn xferinfo(&self, dltotal: u64, dlnow: u64, ultotal: u64, ulnow: u64) -> Continue;
    /// A socket is wanted.
    fn opensocket(&self, target: &SocketTarget) -> Open;
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

/// Calls into the handler, and answers `abort` where it panics.
fn enter<H: Callbacks, R>(userdata: *mut c_void, callback: Callback, abort: R, call: impl FnOnce(&H) -> R) -> R {
    // SAFETY: `userdata` is the pointer that `Easy::new` took from its `Rc<H>`; the Easy keeps that Rc until after
    // curl_easy_cleanup, and libcurl calls the functions of this file no later than that. Only shared references are
    // ever made from it.
    let handler = unsafe { &*userdata.cast_const().cast::<H>() };
    catch_unwind(AssertUnwindSafe(|| call(handler))).unwrap_or_else(|payload| {
        let words = words_of(&*payload);
        // A second panic, in the report of the first, must not cross into C either.
        let _ = catch_unwind(AssertUnwindSafe(|| handler.panicked(callback, words)));
        // Dropping a payload runs its destructor, which could panic as well; the few bytes stay.
        std::mem::forget(payload);
        abort
    })
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
            Open::Refuse => Open::ABORT,
            Open::Socket { socket, instead } => match instead {
                Some(instead) if !sockaddr::connect_to(address, &instead) => Open::ABORT,
                _ => give_to_libcurl(socket),
            },
        }
    })
}
