//! Which descriptors libcurl takes: one that was built without poll() waits by select(), which knows 1024 of them.

use std::os::fd::RawFd;
use std::ptr;
use std::sync::OnceLock;

use super::version::global_init;

/// What select() knows: FD_SETSIZE.
const SELECT: RawFd = 1024;

/// Whether this libcurl takes a descriptor of this number.
pub(crate) fn takes(descriptor: RawFd) -> bool {
    descriptor < SELECT || takes_any()
}

/// Whether this libcurl takes any descriptor.
pub(crate) fn takes_any() -> bool {
    static TRIED: OnceLock<bool> = OnceLock::new();
    *TRIED.get_or_init(tried)
}

/// Asks libcurl to wait, for no time, for a number that select() does not know. To poll() it is merely a descriptor that is
/// not open, which is no error; making one of that number takes the kernel 10 ms in a process with threads.
fn tried() -> bool {
    let mut waits = curl_sys::curl_waitfd {
        fd: SELECT,
        events: curl_sys::CURL_WAIT_POLLOUT,
        revents: 0,
    };
    global_init();
    // SAFETY: curl_multi_init has no precondition once curl_global_init was called.
    let multi = unsafe { curl_sys::curl_multi_init() };
    if multi.is_null() {
        // Out of memory: whatever needs libcurl says so.
        return true;
    }
    // SAFETY: the handle is live and has no transfer, so that no callback runs; `waits` is one such structure, which lives
    // longer than the call; the last argument may be null. The handle is cleaned up once.
    let code = unsafe {
        let code = curl_sys::curl_multi_wait(multi, &raw mut waits, 1, 0, ptr::null_mut());
        curl_sys::curl_multi_cleanup(multi);
        code
    };
    code == super::sys_ext::CURLM_OK
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_build_takes_any() {
        assert!(super::takes_any(), "set CFLAGS=-DHAVE_POLL, as .cargo/config.toml does");
    }
}
