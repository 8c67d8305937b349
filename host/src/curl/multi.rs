//! A multi handle, driven by curl_multi_socket_action.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::ffi::{CStr, c_int, c_long, c_void};
use std::os::fd::RawFd;
use std::ptr::NonNull;
use std::rc::Rc;
use std::time::{Duration, Instant};

use curl_sys::{CURL, CURLM, CURLMcode};

use super::callbacks::{self, Callbacks};
use super::code::CurlCode;
use super::easy::{Detached, Easy};
use super::info::Attached;
use super::poller::{Poller, Readiness, Socket};
use super::sys_ext;

/// A transfer in a [`Multi`], until it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token(usize);

/// A transfer that libcurl has ended.
pub(crate) struct Finished {
    /// What [`Multi::add`] answered.
    pub(crate) token: Token,
    /// How it ended, in libcurl's view.
    pub(crate) code: CurlCode,
}

/// libcurl's own failure to drive.
#[derive(Debug, thiserror::Error)]
#[error("libcurl's multi handle failed: {0}")]
pub(crate) struct MultiError(String);

/// What libcurl told through its two callbacks.
struct Wishes<H> {
    timer: Cell<Option<Instant>>,
    /// What libcurl asked for last, as it asked: `None` deletes the timer.
    timeout: Cell<Option<Duration>>,
    /// Told of a socket while libcurl names it: a moment later its number may be another's.
    poller: Rc<Poller>,
    /// Whose the sockets are, to the poller.
    owner: usize,
    /// What the poller could not do.
    failed: Cell<Option<std::io::Error>>,
    /// Who is told of sockets as libcurl tells of them. Set before a transfer is added.
    listener: OnceCell<Rc<H>>,
}

/// A multi handle and the easy handles in it.
pub(crate) struct Multi<H: Callbacks> {
    handle: NonNull<CURLM>,
    // By the address of libcurl's handle, which is what libcurl names a transfer by.
    easies: HashMap<Token, Easy<H>>,
    // libcurl keeps connections, and calls closesocket with the handler of the transfer that made one, where it has one:
    // as late as in curl_multi_cleanup, when that transfer is long gone. `drop` runs that, and fields are dropped after
    // it.
    handlers: Vec<Rc<H>>,
    // As the handlers.
    wishes: Rc<Wishes<H>>,
}

/// How many threads of a handle resolve names at a time: there may be a handle for each of many tenants.
const RESOLVERS: c_long = 2;

impl<H: Callbacks> Multi<H> {
    /// An empty handle, whose sockets this poller watches as this owner's.
    pub(crate) fn new(poller: Rc<Poller>, owner: usize) -> Result<Multi<H>, MultiError> {
        super::version::global_init();
        // SAFETY: curl_multi_init has no precondition once curl_global_init was called.
        let handle = NonNull::new(unsafe { curl_sys::curl_multi_init() });
        let handle = handle.ok_or_else(|| MultiError("out of memory".to_owned()))?;
        let multi = Multi {
            handle,
            easies: HashMap::new(),
            handlers: Vec::new(),
            wishes: Rc::new(Wishes {
                timer: Cell::default(),
                timeout: Cell::default(),
                poller,
                owner,
                failed: Cell::default(),
                listener: OnceCell::new(),
            }),
        };
        let socket: sys_ext::SocketCallback = on_socket::<H>;
        let timer: sys_ext::TimerCallback = on_timer::<H>;
        let wishes: *const c_void = Rc::as_ptr(&multi.wishes).cast();
        for (option, value) in [
            (curl_sys::CURLMOPT_SOCKETFUNCTION, socket as *const c_void),
            (curl_sys::CURLMOPT_SOCKETDATA, wishes),
            (curl_sys::CURLMOPT_TIMERFUNCTION, timer as *const c_void),
            (curl_sys::CURLMOPT_TIMERDATA, wishes),
        ] {
            // SAFETY: the four options take a pointer; the functions' signatures were checked just above, and `wishes`
            // lives until after curl_multi_cleanup.
            check(unsafe { curl_sys::curl_multi_setopt(multi.handle.as_ptr(), option, value) })?;
        }
        // A libcurl before 8.17.0 does not know the first, one before 8.20.0 the second: they say so, and change nothing.
        // SAFETY: both options take a `long`.
        unsafe {
            let _ = multi.set_long(sys_ext::CURLMOPT_QUICK_EXIT, 1);
            let _ = multi.set_long(sys_ext::CURLMOPT_RESOLVE_THREADS_MAX, RESOLVERS);
        }
        Ok(multi)
    }

    /// At most so many connections to one host and port; a transfer that needs one more waits.
    pub(crate) fn limit_connections(&self, most: u64) -> Result<(), MultiError> {
        let most = c_long::from(i32::try_from(most).unwrap_or(i32::MAX));
        // SAFETY: the option takes a `long`.
        unsafe { self.set_long(curl_sys::CURLMOPT_MAX_HOST_CONNECTIONS, most) }
    }

    /// # Safety
    /// The option takes a `long`.
    unsafe fn set_long(&self, option: curl_sys::CURLMoption, value: c_long) -> Result<(), MultiError> {
        // SAFETY: the handle is live, and the option takes a `long`, as the caller promises.
        check(unsafe { curl_sys::curl_multi_setopt(self.handle.as_ptr(), option, value) })
    }

    /// Takes a transfer in. Its callbacks may run before this returns.
    pub(crate) fn add(&mut self, easy: Easy<H>) -> Result<Token, MultiError> {
        let token = Token(easy.raw() as usize);
        if easy.outlives_itself() {
            self.handlers.push(Rc::clone(easy.handler()));
        }
        easy.info().begin();
        // SAFETY: both handles are live, and the easy is in no multi: nobody but `Multi` adds one, it owns it, and it gives
        // back what cannot be added.
        check(unsafe { curl_sys::curl_multi_add_handle(self.handle.as_ptr(), easy.raw()) })?;
        self.easies.insert(token, easy);
        Ok(token)
    }

    /// The transfer of this token.
    pub(crate) fn get(&self, token: Token) -> Option<&Easy<H>> {
        self.easies.get(&token)
    }

    /// Takes a transfer out, finished or not. What libcurl knows of it is copied first: its callbacks may run before this
    /// returns, and are answered from the copy.
    pub(crate) fn remove(&mut self, token: Token) -> Option<Detached<H>> {
        let easy = self.easies.remove(&token)?;
        self.leave(easy.info().detach());
        Some(Detached::of(easy))
    }

    /// Removes a handle of this multi's. It takes what libcurl is asked by, so that nothing is asked afterwards.
    fn leave(&self, attached: Option<Attached>) {
        if let Some(attached) = attached {
            // SAFETY: both handles are live, and the easy is one of `easies`, or was just now: it was added to this multi.
            unsafe { curl_sys::curl_multi_remove_handle(self.handle.as_ptr(), attached.into_raw()) };
        }
    }

    /// Tells this handler of each socket, as libcurl does. The handle must have no transfer but its own; a second
    /// listener is left out.
    pub(crate) fn listen(&self, handler: &Rc<H>) {
        let _ = self.wishes.listener.set(Rc::clone(handler));
    }

    /// What libcurl asked of its timer last; `None` is no timer.
    pub(crate) fn timer(&self) -> Option<Duration> {
        self.wishes.timeout.get()
    }

    /// When libcurl's timer runs out; `None` is never.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.wishes.timer.get()
    }

    /// Whether every socket could be watched. Asked whenever libcurl has returned.
    pub(crate) fn watched(&self) -> std::io::Result<()> {
        self.wishes.failed.take().map_or(Ok(()), Err)
    }

    /// Tells libcurl that a socket is ready. Callbacks run.
    pub(crate) fn socket_ready(&self, ready: Readiness) -> Result<(), MultiError> {
        let mut bits = 0;
        for (is, bit) in [
            (ready.readable, curl_sys::CURL_CSELECT_IN),
            (ready.writable, curl_sys::CURL_CSELECT_OUT),
            (ready.error, sys_ext::CURL_CSELECT_ERR),
        ] {
            bits |= if is { bit } else { 0 };
        }
        self.action(ready.socket.number(), bits)
    }

    /// Tells libcurl that its timer has run out, where it has. Callbacks run.
    pub(crate) fn tick(&self) -> Result<(), MultiError> {
        match self.wishes.timer.get() {
            Some(at) if at <= Instant::now() => {
                // One shot: libcurl sets it anew where it needs to.
                self.wishes.timer.set(None);
                self.action(curl_sys::CURL_SOCKET_TIMEOUT, 0)
            }
            _ => Ok(()),
        }
    }

    /// Runs every transfer, ready or not: libcurl reports progress only of one that runs, and a silent one does not.
    /// Callbacks run.
    pub(crate) fn run_all(&self) -> Result<(), MultiError> {
        let mut running: c_int = 0;
        // SAFETY: as in `action`. Its successor, curl_multi_perform, would not tell of changes of what is waited for.
        check(unsafe { curl_sys::curl_multi_socket_all(self.handle.as_ptr(), &raw mut running) })
    }

    /// The next transfer that libcurl has ended; it stays until it is removed.
    pub(crate) fn finished(&self) -> Option<Finished> {
        loop {
            let mut left: c_int = 0;
            // SAFETY: the handle is live.
            let message = unsafe { curl_sys::curl_multi_info_read(self.handle.as_ptr(), &raw mut left) };
            let message = NonNull::new(message)?;
            // SAFETY: the message is valid until the next call of curl_multi_info_read or the removal of its handle; it
            // is copied out at once. `data` is a union with a CURLcode in it, which is what it holds, and all that is
            // written of it, when `msg` is CURLMSG_DONE; for another kind the number is not looked at.
            let (kind, easy, code) = unsafe {
                let message = message.as_ptr();
                let code = (&raw const (*message).data).cast::<curl_sys::CURLcode>();
                ((*message).msg, (*message).easy_handle, code.read())
            };
            let token = Token(easy as usize);
            if kind == curl_sys::CURLMSG_DONE
                && let Some(easy) = self.easies.get(&token)
            {
                // At once: another transfer may close the connection as soon as libcurl runs again.
                easy.info().end();
                return Some(Finished {
                    token,
                    code: CurlCode::from_raw(code),
                });
            }
        }
    }

    fn action(&self, socket: RawFd, bits: c_int) -> Result<(), MultiError> {
        let mut running: c_int = 0;
        // SAFETY: the handle is live; no borrow of this crate's is held that a callback could want: what the poller
        // borrows, it gives back before it returns.
        check(unsafe { curl_sys::curl_multi_socket_action(self.handle.as_ptr(), socket, bits, &raw mut running) })
    }
}

impl<H: Callbacks> Drop for Multi<H> {
    fn drop(&mut self) {
        for easy in self.easies.values() {
            self.leave(easy.info().detach());
        }
        self.easies.clear();
        // SAFETY: the handle came from curl_multi_init, is cleaned up once, and holds no easy handle any more. Its
        // callbacks may run: `wishes` is dropped after this function.
        unsafe { curl_sys::curl_multi_cleanup(self.handle.as_ptr()) };
    }
}

/// # Safety
/// As of [`with_wishes`]. libcurl calls it while the socket that it names is open.
unsafe extern "C" fn on_socket<H: Callbacks>(
    _: *mut CURL,
    socket: RawFd,
    what: c_int,
    userdata: *mut c_void,
    _: *mut c_void,
) -> c_int {
    // What is no socket cannot be watched.
    let Some(named) = Socket::new(socket) else { return 0 };
    let tell = |wishes: &Wishes<H>| {
        let watched = match what {
            curl_sys::CURL_POLL_REMOVE => wishes.poller.forget(wishes.owner, named),
            _ => wishes.poller.watch(
                wishes.owner,
                named,
                what == curl_sys::CURL_POLL_IN || what == curl_sys::CURL_POLL_INOUT,
                what == curl_sys::CURL_POLL_OUT || what == curl_sys::CURL_POLL_INOUT,
            ),
        };
        if let Err(error) = watched {
            wishes.failed.set(Some(error));
        }
        if let Some(listener) = wishes.listener.get() {
            callbacks::tell(&**listener, socket, what);
        }
    };
    // SAFETY: libcurl passes what it was given, as the caller promises.
    unsafe { with_wishes(userdata, tell) }
}

/// # Safety
/// As of [`with_wishes`].
unsafe extern "C" fn on_timer<H: Callbacks>(_: *mut CURLM, timeout_ms: c_long, userdata: *mut c_void) -> c_int {
    let tell = |wishes: &Wishes<H>| {
        let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        wishes.timeout.set(timeout);
        wishes
            .timer
            .set(timeout.and_then(|timeout| Instant::now().checked_add(timeout)));
    };
    // SAFETY: libcurl passes what it was given, as the caller promises.
    unsafe { with_wishes(userdata, tell) }
}

/// Never answers -1: that would end every transfer of the handle.
///
/// # Safety
/// `userdata` points to the `Wishes` of a Multi, which keeps them until after curl_multi_cleanup.
unsafe fn with_wishes<H>(userdata: *mut c_void, write: impl FnOnce(&Wishes<H>)) -> c_int {
    // SAFETY: as the caller promises; the reference is shared, and ends with this call.
    let wishes = unsafe { &*userdata.cast_const().cast::<Wishes<H>>() };
    callbacks::quietly(|| write(wishes));
    0
}

fn check(code: CURLMcode) -> Result<(), MultiError> {
    if code == sys_ext::CURLM_OK {
        return Ok(());
    }
    // SAFETY: curl_multi_strerror takes any number and returns a NUL-terminated string in static memory.
    let text = unsafe { CStr::from_ptr(curl_sys::curl_multi_strerror(code)) };
    Err(MultiError(text.to_string_lossy().into_owned()))
}
