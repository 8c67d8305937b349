//! What libcurl calls, a file for each: what a transfer makes of it (a trait), what it may answer and the number that libcurl
//! takes for the answer, the function that libcurl enters, and how libcurl is told of that function.
//!
//! Every answer has its fail-closed value as a constant of the C type, and no other answer can equal it. A pointer becomes a
//! slice, a panic is caught, one method is called, and its answer becomes a number.
//!
//! # Safety
//! Each `extern` function of this folder is libcurl's to call. Its caller owes what curl.h promises of the callback: the
//! pointers point to that much memory until the function returns, and a socket is open, or is given away. `userdata`
//! points to an `H` that lives until the function returns. It is the pointer of an `Rc<H>`, which an Easy keeps until
//! after curl_easy_cleanup; the Multi keeps one of each Easy that was in it, and of its listener, until after
//! curl_multi_cleanup, the last function that calls back.

/// How libcurl is told of a file's `trampoline`: its type, the options for the function and its data, and what else libcurl
/// needs to call it.
macro_rules! install {
    ($callback:ident, $of:ident::$function:ident, $data_of:ident::$data:ident $(, $more:expr)?) => {
        /// Has libcurl call it.
        pub(in crate::curl) fn install<H: $crate::curl::callbacks::Callbacks>(
            easy: &mut $crate::curl::easy::Easy<H>,
        ) -> Result<(), $crate::curl::easy::SetoptError> {
            let function: $crate::curl::sys_ext::$callback = trampoline::<H>;
            let (option, data) = ($of::$function, $data_of::$data);
            // SAFETY: the function's signature is that of libcurl's type for this option, which it is bound to.
            unsafe { easy.set_callback(stringify!($function), option, function as *const std::ffi::c_void, data)? };
            $(
                let more: fn(&mut $crate::curl::easy::Easy<H>) -> Result<(), $crate::curl::easy::SetoptError> = $more;
                more(easy)?;
            )?
            Ok(())
        }
    };
}

pub(in crate::curl) mod closesocket;
pub(in crate::curl) mod debug;
pub(in crate::curl) mod header;
pub(in crate::curl) mod ioctl;
pub(in crate::curl) mod opensocket;
pub(in crate::curl) mod prereq;
pub(in crate::curl) mod read;
pub(in crate::curl) mod resolver_start;
pub(in crate::curl) mod seek;
pub(in crate::curl) mod socket;
pub(in crate::curl) mod sockopt;
pub(in crate::curl) mod ssh_key;
pub(in crate::curl) mod write;
pub(in crate::curl) mod xferinfo;

use std::any::Any;
use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use enumset::EnumSetType;

pub(crate) use self::closesocket::OnClosesocket;
pub use self::debug::InfoType;
pub(crate) use self::debug::OnDebug;
pub(crate) use self::header::OnHeader;
pub(crate) use self::ioctl::{Ioctl, IoctlCommand, OnIoctl};
pub(crate) use self::opensocket::{OnOpensocket, Open, SocketTarget, SocketType};
pub(crate) use self::prereq::OnPrereq;
pub(crate) use self::read::{OnRead, Read};
pub(crate) use self::resolver_start::OnResolverStart;
pub(crate) use self::seek::{OnSeek, Seek};
pub(in crate::curl) use self::socket::tell;
pub(crate) use self::socket::{OnSocket, Poll};
pub(crate) use self::sockopt::{OnSockopt, Sockopt};
pub(crate) use self::ssh_key::{KeyVerdict, OnSshKey};
pub(crate) use self::write::{Flow, OnWrite};
pub(crate) use self::xferinfo::{Continue, OnXferinfo};
use super::easy::{Easy, SetoptError};
use crate::callback::Callback;

/// What a transfer does when libcurl calls. All methods take `&self`, since libcurl may call one while another of the
/// same transfer is on the stack.
pub(crate) trait Callbacks:
    OnClosesocket
    + OnDebug
    + OnHeader
    + OnIoctl
    + OnOpensocket
    + OnPrereq
    + OnRead
    + OnResolverStart
    + OnSeek
    + OnSocket
    + OnSockopt
    + OnSshKey
    + OnWrite
    + OnXferinfo
{
    /// A callback panicked with these words; libcurl gets the callback's abort value.
    fn panicked(&self, callback: Callback, words: &str);
}

/// A callback that libcurl may be given; for the others its default stays.
#[derive(Debug, EnumSetType)]
pub(crate) enum Hook {
    /// CURLOPT_WRITEFUNCTION.
    Write,
    /// CURLOPT_HEADERFUNCTION.
    Header,
    /// CURLOPT_XFERINFOFUNCTION, with NOPROGRESS off.
    Xferinfo,
    /// CURLOPT_OPENSOCKETFUNCTION.
    Opensocket,
    /// CURLOPT_READFUNCTION.
    Read,
    /// CURLOPT_SEEKFUNCTION.
    Seek,
    /// CURLOPT_IOCTLFUNCTION, which libcurl calls only where there is no `Seek`.
    Ioctl,
    /// CURLOPT_DEBUGFUNCTION, with VERBOSE on.
    Debug,
    /// CURLOPT_SOCKOPTFUNCTION.
    Sockopt,
    /// CURLOPT_CLOSESOCKETFUNCTION.
    Closesocket,
    /// CURLOPT_PREREQFUNCTION.
    Prereq,
    /// CURLOPT_RESOLVER_START_FUNCTION.
    ResolverStart,
    /// CURLOPT_SSH_KEYFUNCTION.
    SshKey,
}

impl Hook {
    /// Has libcurl call it.
    pub(super) fn install<H: Callbacks>(self, easy: &mut Easy<H>) -> Result<(), SetoptError> {
        match self {
            Hook::Write => write::install(easy),
            Hook::Closesocket => closesocket::install(easy),
            Hook::Debug => debug::install(easy),
            Hook::Header => header::install(easy),
            Hook::Ioctl => ioctl::install(easy),
            Hook::Opensocket => opensocket::install(easy),
            Hook::Prereq => prereq::install(easy),
            Hook::Read => read::install(easy),
            Hook::ResolverStart => resolver_start::install(easy),
            Hook::Seek => seek::install(easy),
            Hook::Sockopt => sockopt::install(easy),
            Hook::SshKey => ssh_key::install(easy),
            Hook::Xferinfo => xferinfo::install(easy),
        }
    }
}

/// An answer that libcurl gets as a number.
pub(crate) trait Return {
    /// The C type.
    type Number: Copy;
    /// What a callback answers that must not go on: after a panic, and after the latch.
    const ABORT: Self::Number;
}

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
pub(in crate::curl) fn quietly(run: impl FnOnce()) {
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

/// Hands what has come to the handler: `(data, size, nmemb)` as libcurl passes them.
///
/// # Safety
/// As of [`enter`] and of [`with_bytes`].
unsafe fn receive<H: Callbacks>(
    userdata: *mut c_void,
    callback: Callback,
    (data, size, nmemb): (*const c_char, usize, usize),
    take: impl Fn(&H, &[u8]) -> Flow,
) -> usize {
    let call = |handler: &H| {
        // SAFETY: as the caller promises.
        let answer = unsafe { with_bytes(data, size, nmemb, |bytes| take(handler, bytes).number(bytes.len())) };
        answer.unwrap_or(Flow::ABORT)
    };
    // SAFETY: as the caller promises.
    unsafe { enter(userdata, callback, Flow::ABORT, call) }
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
