//! Which descriptors libcurl takes: one that was built without poll() waits by select(), which knows 1024 of them.

use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::OnceLock;

use super::version::global_init;

/// What select() knows: FD_SETSIZE.
const SELECT: RawFd = 1024;

/// Whether this libcurl takes a descriptor of this number.
pub(crate) fn takes(descriptor: RawFd) -> bool {
    descriptor < SELECT || takes_any().unwrap_or(true)
}

/// Whether this libcurl takes any descriptor; `None` where the process may have none that it could be tried with.
pub(crate) fn takes_any() -> Option<bool> {
    static TRIED: OnceLock<bool> = OnceLock::new();
    if let Some(takes) = TRIED.get() {
        return Some(*takes);
    }
    let takes = tried()?;
    Some(*TRIED.get_or_init(|| takes))
}

fn tried() -> Option<bool> {
    let (socket, _other) = UnixStream::pair().ok()?;
    let high = rustix::io::fcntl_dupfd_cloexec(&socket, SELECT).ok()?;
    let mut waits = curl_sys::curl_waitfd {
        fd: high.as_raw_fd(),
        events: curl_sys::CURL_WAIT_POLLOUT,
        revents: 0,
    };
    global_init();
    // SAFETY: curl_multi_init has no precondition once curl_global_init was called.
    let multi = unsafe { curl_sys::curl_multi_init() };
    if multi.is_null() {
        return None;
    }
    // SAFETY: the handle is live and has no transfer, so that no callback runs; `waits` is one such structure, which lives
    // longer than the call; the last argument may be null. The handle is cleaned up once.
    let code = unsafe {
        let code = curl_sys::curl_multi_wait(multi, &raw mut waits, 1, 0, ptr::null_mut());
        curl_sys::curl_multi_cleanup(multi);
        code
    };
    Some(code == super::sys_ext::CURLM_OK)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_build_takes_any() {
        // Without the permission to have so many there is nothing to be tried.
        assert_ne!(
            super::takes_any(),
            Some(false),
            "set CFLAGS=-DHAVE_POLL, as .cargo/config.toml does"
        );
    }
}
