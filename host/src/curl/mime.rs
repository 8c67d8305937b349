//! libcurl's forms, curl_mime_*.

use std::ffi::{CString, c_char};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::ptr::NonNull;

use curl_sys::{CURL, CURLcode};

use super::code::CurlCode;
use super::easy::SetoptError;
use super::slist::Slist;
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
pub(super) struct Mime(NonNull<CurlMime>);

impl Mime {
    /// A form for this handle.
    ///
    /// # Safety
    /// The handle is a live one.
    pub(super) unsafe fn new(handle: NonNull<CURL>, parts: &[FormPart]) -> Result<Mime, SetoptError> {
        // SAFETY: the handle is live, as the caller promises.
        let mime = unsafe { sys_ext::curl_mime_init(handle.as_ptr()) };
        let mime = Mime(NonNull::new(mime).ok_or(SetoptError::Memory)?);
        for part in parts {
            // SAFETY: the handle is live, as the caller promises.
            unsafe { mime.add(handle, part)? };
        }
        Ok(mime)
    }

    pub(super) fn raw(&self) -> *mut CurlMime {
        self.0.as_ptr()
    }

    /// # Safety
    /// As of [`Mime::new`].
    unsafe fn add(&self, handle: NonNull<CURL>, given: &FormPart) -> Result<(), SetoptError> {
        // SAFETY: the form is live; the part that is returned belongs to it.
        let part = unsafe { sys_ext::curl_mime_addpart(self.0.as_ptr()) };
        let part = Part(NonNull::new(part).ok_or(SetoptError::Memory)?, PhantomData);
        match &given.content {
            FormContent::Bytes(bytes) => {
                // SAFETY: the part is live, and libcurl copies so many bytes.
                let code = unsafe { sys_ext::curl_mime_data(part.0.as_ptr(), bytes.as_ptr().cast(), bytes.len()) };
                accepted("curl_mime_data", code)?;
            }
            FormContent::Parts(parts) => {
                // SAFETY: the handle is live, as the caller promises.
                let inner = unsafe { Mime::new(handle, parts)? };
                // SAFETY: the part is live, and the inner form is nobody's yet.
                let code = unsafe { sys_ext::curl_mime_subparts(part.0.as_ptr(), inner.raw()) };
                accepted("curl_mime_subparts", code)?;
                // It is the part's now, which frees it.
                std::mem::forget(inner);
            }
            FormContent::File(path) => {
                use std::os::unix::ffi::OsStrExt as _;
                part.set(
                    "curl_mime_filedata",
                    sys_ext::curl_mime_filedata,
                    Some(path.as_os_str().as_bytes()),
                )?;
            }
        }
        let of = |value: &'_ Option<String>| value.as_ref().map(|value| value.as_bytes().to_vec());
        let name = Some(given.name.as_bytes()).filter(|name| !name.is_empty());
        part.set("curl_mime_name", sys_ext::curl_mime_name, name)?;
        part.set(
            "curl_mime_type",
            sys_ext::curl_mime_type,
            of(&given.content_type).as_deref(),
        )?;
        part.set(
            "curl_mime_encoder",
            sys_ext::curl_mime_encoder,
            of(&given.encoder).as_deref(),
        )?;
        part.set(
            "curl_mime_filename",
            sys_ext::curl_mime_filename,
            of(&given.filename).as_deref(),
        )?;
        part.set_headers(&given.headers)
    }
}

/// A part of a form, which lives as long as that.
struct Part<'m>(NonNull<CurlMimepart>, PhantomData<&'m Mime>);

type SetText = unsafe extern "C" fn(*mut CurlMimepart, *const c_char) -> CURLcode;

impl Part<'_> {
    /// Sets a text by `set`, which is one of libcurl's functions that copy it.
    fn set(&self, name: &'static str, set: SetText, value: Option<&[u8]>) -> Result<(), SetoptError> {
        let Some(value) = value else { return Ok(()) };
        let value = CString::new(value).map_err(|source| SetoptError::Nul { option: name, source })?;
        // SAFETY: the part is live, and so is the text, which is NUL-terminated.
        accepted(name, unsafe { set(self.0.as_ptr(), value.as_ptr()) })
    }

    fn set_headers(&self, lines: &[String]) -> Result<(), SetoptError> {
        let option = "curl_mime_headers";
        if lines.is_empty() {
            return Ok(());
        }
        let list = Slist::new(option, lines)?;
        // SAFETY: the part is live, and with 1 it takes the list where it answers CURLE_OK, to free it with itself.
        let code = unsafe { sys_ext::curl_mime_headers(self.0.as_ptr(), list.as_ptr(), 1) };
        accepted(option, code)?;
        // It is the part's now.
        let _ = list.into_raw();
        Ok(())
    }
}

impl Drop for Mime {
    fn drop(&mut self) {
        // SAFETY: it came from curl_mime_init and is freed once, its parts with it; its handle was cleaned up before, or
        // was never given it.
        unsafe { sys_ext::curl_mime_free(self.0.as_ptr()) };
    }
}

fn accepted(option: &'static str, code: CURLcode) -> Result<(), SetoptError> {
    match CurlCode::from_raw(code) {
        CurlCode::OK => Ok(()),
        code => Err(SetoptError::Refused { option, code }),
    }
}
