//! libcurl's forms, curl_mime_*.

use std::ffi::{CString, c_char};
use std::path::PathBuf;
use std::ptr::{self, NonNull};

use curl_sys::{CURL, CURLcode};

use super::code::CurlCode;
use super::easy::SetoptError;
use super::sys_ext::{self, CurlMime, CurlMimepart};

/// One part of a form.
#[derive(Clone, Debug, Default)]
pub struct FormPart {
    /// The field's name; the empty one is none.
    pub name: String,
    /// What it holds.
    pub content: FormContent,
    /// The file's name that is told; `None` is the file's own, or none.
    pub filename: Option<String>,
    /// The content's type; `None` lets libcurl guess from the file's name.
    pub content_type: Option<String>,
    /// How it is encoded: `binary`, `8bit`, `7bit`, `base64` or `quoted-printable`; `None` leaves it as it is.
    pub encoder: Option<String>,
    /// More headers of the part, each `Name: value`.
    pub headers: Vec<String>,
}

/// What a part of a form holds.
#[derive(Clone, Debug)]
pub enum FormContent {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A file, which libcurl reads when it sends it.
    File(PathBuf),
    /// Parts of its own, as multipart/mixed where [`FormPart::content_type`] says nothing else.
    Parts(Vec<FormPart>),
}

impl Default for FormContent {
    fn default() -> FormContent {
        FormContent::Bytes(Vec::new())
    }
}

/// A form of libcurl's, freed when it is dropped.
pub(super) struct Mime(NonNull<CurlMime>, NonNull<CURL>);

impl Mime {
    /// A form for this handle.
    pub(super) fn new(handle: NonNull<CURL>, parts: &[FormPart]) -> Result<Mime, SetoptError> {
        // SAFETY: the handle is live: only Easy calls this, with its own.
        let mime = unsafe { sys_ext::curl_mime_init(handle.as_ptr()) };
        let mime = Mime(NonNull::new(mime).ok_or(SetoptError::Memory)?, handle);
        for part in parts {
            mime.add(part)?;
        }
        Ok(mime)
    }

    pub(super) fn raw(&self) -> *mut CurlMime {
        self.0.as_ptr()
    }

    fn add(&self, given: &FormPart) -> Result<(), SetoptError> {
        // SAFETY: the form is live; the part that is returned belongs to it.
        let part = unsafe { sys_ext::curl_mime_addpart(self.0.as_ptr()) };
        let part = NonNull::new(part).ok_or(SetoptError::Memory)?;
        match &given.content {
            FormContent::Bytes(bytes) => {
                // SAFETY: the part is live, and libcurl copies so many bytes.
                let code = unsafe { sys_ext::curl_mime_data(part.as_ptr(), bytes.as_ptr().cast(), bytes.len()) };
                accepted("curl_mime_data", code)?;
            }
            FormContent::Parts(parts) => {
                let inner = Mime::new(self.1, parts)?;
                // SAFETY: the part is live, and the inner form is nobody's yet.
                let code = unsafe { sys_ext::curl_mime_subparts(part.as_ptr(), inner.raw()) };
                accepted("curl_mime_subparts", code)?;
                // It is the part's now, which frees it.
                std::mem::forget(inner);
            }
            FormContent::File(path) => {
                use std::os::unix::ffi::OsStrExt as _;
                text(
                    part,
                    "curl_mime_filedata",
                    sys_ext::curl_mime_filedata,
                    Some(path.as_os_str().as_bytes()),
                )?;
            }
        }
        let of = |value: &'_ Option<String>| value.as_ref().map(|value| value.as_bytes().to_vec());
        let name = Some(given.name.as_bytes()).filter(|name| !name.is_empty());
        text(part, "curl_mime_name", sys_ext::curl_mime_name, name)?;
        text(
            part,
            "curl_mime_type",
            sys_ext::curl_mime_type,
            of(&given.content_type).as_deref(),
        )?;
        text(
            part,
            "curl_mime_encoder",
            sys_ext::curl_mime_encoder,
            of(&given.encoder).as_deref(),
        )?;
        text(
            part,
            "curl_mime_filename",
            sys_ext::curl_mime_filename,
            of(&given.filename).as_deref(),
        )?;
        self.headers(part, &given.headers)
    }

    fn headers(&self, part: NonNull<CurlMimepart>, lines: &[String]) -> Result<(), SetoptError> {
        let mut list = ptr::null_mut();
        for line in lines {
            let line = nul_free("curl_mime_headers", line.as_bytes());
            // SAFETY: `list` is null or a list of curl_slist_append's own, and the line is NUL-terminated and copied.
            let longer = line.map(|line| unsafe { curl_sys::curl_slist_append(list, line.as_ptr()) });
            match longer.map(NonNull::new) {
                Ok(Some(longer)) => list = longer.as_ptr(),
                other => {
                    // SAFETY: `list` is null or a list that nobody else has.
                    unsafe { curl_sys::curl_slist_free_all(list) };
                    return Err(other.err().unwrap_or(SetoptError::Memory));
                }
            }
        }
        if list.is_null() {
            return Ok(());
        }
        // SAFETY: the part is live, and with 1 it takes the list, to free it with itself.
        accepted("curl_mime_headers", unsafe {
            sys_ext::curl_mime_headers(part.as_ptr(), list, 1)
        })
    }
}

impl Drop for Mime {
    fn drop(&mut self) {
        // SAFETY: it came from curl_mime_init and is freed once, its parts with it; its handle was cleaned up before, or
        // was never given it.
        unsafe { sys_ext::curl_mime_free(self.0.as_ptr()) };
    }
}

type SetText = unsafe extern "C" fn(*mut CurlMimepart, *const c_char) -> CURLcode;

fn text(
    part: NonNull<CurlMimepart>,
    name: &'static str,
    set: SetText,
    value: Option<&[u8]>,
) -> Result<(), SetoptError> {
    let Some(value) = value else { return Ok(()) };
    let value = nul_free(name, value)?;
    // SAFETY: the part is live, `set` is one of libcurl's functions that copy a NUL-terminated string.
    accepted(name, unsafe { set(part.as_ptr(), value.as_ptr()) })
}

fn nul_free(option: &'static str, value: &[u8]) -> Result<CString, SetoptError> {
    CString::new(value).map_err(|source| SetoptError::Nul { option, source })
}

fn accepted(option: &'static str, code: CURLcode) -> Result<(), SetoptError> {
    match CurlCode::from_raw(code) {
        CurlCode::OK => Ok(()),
        code => Err(SetoptError::Refused { option, code }),
    }
}
