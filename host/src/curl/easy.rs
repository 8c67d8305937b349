//! An easy handle and what libcurl calls for it.

use std::ffi::{CStr, CString, NulError, c_char, c_int, c_long, c_void};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;

use curl_sys::{CURL, CURLoption};
use enumset::EnumSet;

use super::callbacks::{Callbacks, Hook};
use super::code::CurlCode;
use super::info::{InfoHandle, InfoSnapshot};
use super::mime::{FormPart, Mime};
use super::option::{LongOption, OffsetOption, SlistOption, TextOption};
use super::slist::Slist;
use super::sys_ext;

/// An option that libcurl did not take.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetoptError {
    /// libcurl's refusal.
    #[error("libcurl refused {option}: {}", code.describe())]
    Refused {
        /// Its name.
        option: &'static str,
        /// What libcurl answered.
        code: CurlCode,
    },
    /// A string with a NUL in it.
    #[error("the value of {option} contains a NUL byte")]
    Nul {
        /// Its name.
        option: &'static str,
        /// Where it is.
        source: NulError,
    },
    /// libcurl made no handle.
    #[error("libcurl is out of memory")]
    Memory,
}

/// An easy handle with its callbacks.
pub(crate) struct Easy<H: Callbacks> {
    handle: NonNull<CURL>,
    info: InfoHandle,
    closes_sockets: bool,
    /// Dropped after `drop` has run curl_easy_cleanup: libcurl does not copy lists.
    slists: Vec<Slist>,
    /// Dropped after `drop` has run curl_easy_cleanup, as libcurl wants it.
    mime: Option<Mime>,
    /// libcurl writes to it; a raw allocation, freed by `drop`, so that no reference of ours claims it meanwhile.
    error: NonNull<[u8; curl_sys::CURL_ERROR_SIZE]>,
    // Last, so that it is dropped after `drop` has run curl_easy_cleanup, which may call back.
    handler: Rc<H>,
}

impl<H: Callbacks> Easy<H> {
    /// A handle whose write callback is `handler`'s; the others are installed by [`Easy::hook`].
    pub(crate) fn new(handler: Rc<H>) -> Result<Easy<H>, SetoptError> {
        super::version::global_init();
        // SAFETY: curl_easy_init has no precondition once curl_global_init was called, which global_init saw to.
        let handle = NonNull::new(unsafe { curl_sys::curl_easy_init() }).ok_or(SetoptError::Memory)?;
        let mut easy = Easy {
            handle,
            // SAFETY: the handle lives until `drop`, which detaches it first, and an Easy stays on the thread that made it.
            info: unsafe { InfoHandle::new(handle) },
            closes_sockets: false,
            slists: Vec::new(),
            mime: None,
            error: NonNull::from(Box::leak(Box::new([0; curl_sys::CURL_ERROR_SIZE]))),
            handler,
        };
        let buffer: *mut c_char = easy.error.as_ptr().cast();
        // SAFETY: the buffer lives as long as the handle.
        unsafe { easy.pointer("CURLOPT_ERRORBUFFER", curl_sys::CURLOPT_ERRORBUFFER, buffer.cast())? };
        Hook::Write.install(&mut easy)?;
        // Signals are the process's affair, and libcurl's own timeouts need none with its threaded resolver.
        easy.set_long(LongOption::NOSIGNAL, 1)?;
        // A name server that is silent must not hold up a timeout or a cancellation: its thread ends by itself.
        easy.set_long(LongOption::QUICK_EXIT, 1)?;
        Ok(easy)
    }

    /// Installs the callbacks that are wanted.
    pub(crate) fn hook(&mut self, hooks: EnumSet<Hook>) -> Result<(), SetoptError> {
        hooks.into_iter().try_for_each(|hook| hook.install(self))
    }

    /// Gives libcurl a function that it calls with this handle's handler.
    ///
    /// # Safety
    /// The function's signature is that of libcurl's type for this option; its last or first pointer is the handler.
    pub(super) unsafe fn set_callback(
        &mut self,
        name: &'static str,
        option: CURLoption,
        function: *const c_void,
        data: CURLoption,
    ) -> Result<(), SetoptError> {
        // SAFETY: the function is as the caller promises, and the handler lives as long as the handle.
        unsafe {
            self.pointer(name, option, function)?;
            self.pointer(name, data, self.userdata())
        }
    }

    /// libcurl may call the handler when it closes sockets, after the handle is gone.
    pub(super) fn closes_sockets(&mut self) {
        self.closes_sockets = true;
    }

    /// The callbacks' own state.
    pub(crate) fn handler(&self) -> &Rc<H> {
        &self.handler
    }

    /// Whether libcurl may call its handler when the handle itself is gone.
    pub(super) fn outlives_itself(&self) -> bool {
        self.closes_sockets
    }

    /// Answers getinfo: what libcurl says while it may be asked, and what it said last from then on.
    pub(crate) fn info(&self) -> &InfoHandle {
        &self.info
    }

    /// The handle as it is given up, where it was never in a multi handle.
    pub(crate) fn into_detached(self) -> Detached<H> {
        let _ = self.info.detach();
        Detached(self)
    }

    /// libcurl's own words for the last failure; empty where it had none.
    fn error_text(&self) -> String {
        // SAFETY: the allocation lives until `drop`, and libcurl, which alone writes to it, is not on the stack: it writes
        // while it drives this handle, on this thread.
        let buffer = unsafe { self.error.read() };
        let text = CStr::from_bytes_until_nul(&buffer).unwrap_or_default();
        text.to_string_lossy().trim_end().to_owned()
    }

    /// Sets a number.
    pub(crate) fn set_long(&mut self, option: LongOption, value: i64) -> Result<(), SetoptError> {
        // SAFETY: the handle is live, and a LongOption is one that takes a `long` (option.rs, tested there).
        let code = unsafe { curl_sys::curl_easy_setopt(self.handle.as_ptr(), option.number(), value as c_long) };
        accepted(option.name(), code)
    }

    /// Sets an offset or a size.
    pub(crate) fn set_offset(&mut self, option: OffsetOption, value: u64) -> Result<(), SetoptError> {
        let value = curl_sys::curl_off_t::try_from(value).unwrap_or(curl_sys::curl_off_t::MAX);
        // SAFETY: the handle is live, and an OffsetOption is one that takes a `curl_off_t` (option.rs, tested there).
        let code = unsafe { curl_sys::curl_easy_setopt(self.handle.as_ptr(), option.number(), value) };
        accepted(option.name(), code)
    }

    /// Sets a string.
    pub(crate) fn set_text(&mut self, option: TextOption, value: impl Into<Vec<u8>>) -> Result<(), SetoptError> {
        let value = CString::new(value).map_err(|source| SetoptError::Nul {
            option: option.name(),
            source,
        })?;
        // SAFETY: a TextOption is one that takes a NUL-terminated string, which libcurl copies (option.rs, tested there).
        unsafe { self.pointer(option.name(), option.number(), value.as_ptr().cast()) }
    }

    /// Sets a list, kept for as long as the handle.
    pub(crate) fn set_slist(&mut self, option: SlistOption, lines: &[String]) -> Result<(), SetoptError> {
        let list = Slist::new(option.name(), lines)?;
        let raw = list.as_ptr();
        // Freed with the handle, whatever libcurl answers.
        self.slists.push(list);
        // SAFETY: a SlistOption is one that takes a list, which lives as long as the handle.
        unsafe { self.pointer(option.name(), option.number(), raw.cast()) }
    }

    /// Adds a cookie, by a line as a file of them has it; `ALL` forgets all.
    pub(crate) fn set_cookie(&self, line: &str) -> Result<(), SetoptError> {
        let option = TextOption::COOKIELIST;
        let line = CString::new(line).map_err(|source| SetoptError::Nul {
            option: option.name(),
            source,
        })?;
        // SAFETY: the handle is live, and the option takes a NUL-terminated string, which libcurl reads before it returns;
        // it calls nobody back for it.
        let code = unsafe { curl_sys::curl_easy_setopt(self.handle.as_ptr(), option.number(), line.as_ptr()) };
        accepted(option.name(), code)
    }

    /// Sets a form, kept for as long as the handle.
    pub(crate) fn set_form(&mut self, parts: &[FormPart]) -> Result<(), SetoptError> {
        // SAFETY: the handle is live.
        let mime = unsafe { Mime::new(self.handle, parts)? };
        // SAFETY: the option takes a form, which lives as long as the handle, or until it has another one.
        unsafe { self.pointer("CURLOPT_MIMEPOST", sys_ext::CURLOPT_MIMEPOST, mime.raw().cast())? };
        // The one before is freed when libcurl has it no more.
        self.mime = Some(mime);
        Ok(())
    }

    /// Lets both directions go on. Callbacks may run before it returns.
    pub(crate) fn unpause(&self) -> CurlCode {
        let all: c_int = sys_ext::CURLPAUSE_CONT;
        // SAFETY: the handle is live, and this is the thread that drives it: an Easy is not Send.
        CurlCode::from_raw(unsafe { curl_sys::curl_easy_pause(self.handle.as_ptr(), all) })
    }

    pub(super) fn raw(&self) -> *mut CURL {
        self.handle.as_ptr()
    }

    fn userdata(&self) -> *mut c_void {
        Rc::as_ptr(&self.handler).cast_mut().cast()
    }

    /// Sets a pointer.
    ///
    /// # Safety
    /// The option takes such a pointer, and what it points to is copied by libcurl, or lives until after the handle.
    unsafe fn pointer(
        &mut self,
        name: &'static str,
        option: CURLoption,
        value: *const c_void,
    ) -> Result<(), SetoptError> {
        // SAFETY: the handle is live; the rest is the caller's promise.
        let code = unsafe { curl_sys::curl_easy_setopt(self.handle.as_ptr(), option, value) };
        accepted(name, code)
    }
}

impl<H: Callbacks> Drop for Easy<H> {
    fn drop(&mut self) {
        let _ = self.info.detach();
        // SAFETY: the handle came from curl_easy_init and is cleaned up once; it is in no multi handle any more, since
        // Multi owns the easy handles that it holds and removes them before it gives them up.
        unsafe { curl_sys::curl_easy_cleanup(self.handle.as_ptr()) };
        // SAFETY: it came from a Box, is freed once, and its handle, the only other user, is gone.
        drop(unsafe { Box::from_raw(self.error.as_ptr()) });
    }
}

/// An easy handle that is in no multi handle and goes into none any more. Nothing is asked of libcurl by it: what there was
/// to know was copied before.
pub(crate) struct Detached<H: Callbacks>(Easy<H>);

impl<H: Callbacks> Detached<H> {
    /// The handle, of which [`InfoHandle::detach`] has taken what it is read by.
    pub(super) fn of(easy: Easy<H>) -> Detached<H> {
        Detached(easy)
    }

    /// The handle once more, for another multi handle. Only where all went over HTTP: other protocols leave the handle with
    /// text of a connection that is gone.
    pub(crate) fn again(self) -> Result<Easy<H>, Detached<H>> {
        let info = self.info();
        let is_http = |scheme: &str| ["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http));
        if !info.text("scheme").is_some_and(is_http) {
            return Err(self);
        }
        // SAFETY: the handle lives until `drop`, which detaches it first, and an Easy stays on the thread that made it. What
        // it names of a connection is nothing, since HTTP's have no entry path.
        unsafe { self.0.info.attach(self.0.handle) };
        Ok(self.0)
    }

    /// What libcurl knew of the transfer.
    pub(crate) fn info(&self) -> Arc<InfoSnapshot> {
        self.0.info.snapshot()
    }

    /// libcurl's own words for the last failure; empty where it had none.
    pub(crate) fn error_text(&self) -> String {
        self.0.error_text()
    }
}

fn accepted(option: &'static str, code: curl_sys::CURLcode) -> Result<(), SetoptError> {
    match CurlCode::from_raw(code) {
        CurlCode::OK => Ok(()),
        code => Err(SetoptError::Refused { option, code }),
    }
}
