//! What libcurl should never pass, passed: no slice is made of it, no socket, and no handler is asked.

use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use super::super::callbacks::{self, Flow, KeyVerdict, Open, Read, Return as _, Seek, Sockopt};
use super::super::sys_ext;
use super::Fake;
use crate::callback::Callback;

fn userdata(fake: &Rc<Fake>) -> *mut c_void {
    Rc::as_ptr(fake).cast_mut().cast()
}

#[test]
fn no_bytes_are_made_of_nothing() {
    let fake = Rc::new(Fake::default());
    let to = userdata(&fake);
    let (write, header, read, debug) = (
        callbacks::write::trampoline::<Fake>,
        callbacks::header::trampoline::<Fake>,
        callbacks::read::trampoline::<Fake>,
        callbacks::debug::trampoline::<Fake>,
    );
    let mut byte = 0_u8;
    let some = ptr::from_mut(&mut byte).cast();
    for (data, size, nmemb) in [
        (ptr::null_mut(), 1, 1),
        (ptr::null_mut(), 2, usize::MAX / 2),
        (some, 2, usize::MAX),
        (some, usize::MAX, 1),
        (some, 1, isize::MAX as usize + 1),
    ] {
        // SAFETY: `to` is the fake's; the bytes are null, or more than a slice can have, and so are never looked at.
        unsafe {
            assert_eq!(write(data, size, nmemb, to), Flow::ABORT);
            assert_eq!(header(data, size, nmemb, to), Flow::ABORT);
            assert_eq!(read(data, size, nmemb, to), Read::ABORT);
            if size == 1 {
                debug(ptr::null_mut(), curl_sys::CURLINFO_TEXT, data, nmemb, to);
            }
        }
    }
    assert_eq!(*fake.called.borrow(), []);
    // None at all is a slice, wherever it is.
    for data in [ptr::null_mut(), some] {
        // SAFETY: `to` is the fake's, and there are no bytes.
        assert_eq!(unsafe { write(data, 1, 0, to) }, 0);
    }
    assert_eq!(*fake.called.borrow(), [Callback::Write; 2]);
}

#[test]
fn no_socket_is_made_of_a_negative_number() {
    let fake = Rc::new(Fake::default());
    let to = userdata(&fake);
    for number in [-1, -2, i32::MIN] {
        // SAFETY: `to` is the fake's, and the number is nobody's socket, which is what is tried.
        unsafe {
            let answer = callbacks::sockopt::trampoline::<Fake>(to, number, curl_sys::CURLSOCKTYPE_IPCXN);
            assert_eq!(answer, Sockopt::ABORT);
            assert_eq!(callbacks::closesocket::trampoline::<Fake>(to, number), 1);
        }
    }
    assert_eq!(*fake.called.borrow(), []);
}

#[test]
fn no_structure_is_read_of_null() {
    let fake = Rc::new(Fake::default());
    let to = userdata(&fake);
    // SAFETY: `to` is the fake's; the structures are null, which is what is tried.
    unsafe {
        let opened = callbacks::opensocket::trampoline::<Fake>(to, curl_sys::CURLSOCKTYPE_IPCXN, ptr::null_mut());
        assert_eq!(opened, Open::ABORT);
        let found = callbacks::ssh_key::trampoline::<Fake>(
            ptr::null_mut(),
            ptr::null(),
            ptr::null(),
            sys_ext::CURLKHMATCH_OK,
            to,
        );
        assert_eq!(found, KeyVerdict::ABORT);
        assert_eq!(callbacks::seek::trampoline::<Fake>(to, -1, libc::SEEK_SET), Seek::ABORT);
        assert_eq!(callbacks::seek::trampoline::<Fake>(to, 0, libc::SEEK_END), Seek::ABORT);
    }
    assert_eq!(*fake.called.borrow(), []);
}
