//! libcurl's list of strings, freed once.

use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};

use curl_sys::curl_slist;

use super::easy::SetoptError;

/// A list that is ours. Null is the empty list, to libcurl too.
pub(super) struct Slist(*mut curl_slist);

impl Slist {
    /// A list of these lines, each copied. What fails leaves nothing behind.
    ///
    /// # Errors
    /// A line with a NUL, in the name of this option; or no memory.
    pub(super) fn new(option: &'static str, lines: &[String]) -> Result<Slist, SetoptError> {
        let mut list = Slist(ptr::null_mut());
        for line in lines {
            let line = CString::new(line.as_str()).map_err(|source| SetoptError::Nul { option, source })?;
            // SAFETY: the list is null or one of curl_slist_append's own, and the line is NUL-terminated and copied.
            let longer = unsafe { curl_sys::curl_slist_append(list.0, line.as_ptr()) };
            // Where there was no memory the list is as it was, and is freed as such.
            list.0 = NonNull::new(longer).ok_or(SetoptError::Memory)?.as_ptr();
        }
        Ok(list)
    }

    /// Takes a list over.
    ///
    /// # Safety
    /// It is null, or a list of libcurl's that nobody else frees or changes.
    pub(super) unsafe fn from_raw(list: *mut curl_slist) -> Slist {
        Slist(list)
    }

    /// For libcurl to read, for as long as this lives.
    pub(super) fn as_ptr(&self) -> *mut curl_slist {
        self.0
    }

    /// For libcurl to free.
    pub(super) fn into_raw(self) -> *mut curl_slist {
        let list = self.0;
        std::mem::forget(self);
        list
    }

    /// What is in it.
    pub(super) fn lines(&self) -> Vec<String> {
        // SAFETY: the list is null or ours, and lives as long as this.
        unsafe { lines(self.0) }
    }
}

impl Drop for Slist {
    fn drop(&mut self) {
        // SAFETY: the list is null or ours, is freed once, and whoever was lent it is gone.
        unsafe { curl_sys::curl_slist_free_all(self.0) };
    }
}

/// The entries of a list.
///
/// # Safety
/// It is null, or a list of libcurl's that lives, and stays as it is, until this returns.
pub(super) unsafe fn lines(mut entry: *const curl_slist) -> Vec<String> {
    let mut lines = Vec::new();
    while !entry.is_null() {
        // SAFETY: the entry is one of the list's, and its data is NUL-terminated.
        unsafe {
            lines.push(CStr::from_ptr((*entry).data).to_string_lossy().into_owned());
            entry = (*entry).next;
        }
    }
    lines
}
