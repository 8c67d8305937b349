//! libcurl's URL API, so that what a policy reads is what libcurl dials.

use std::ffi::{CStr, CString, c_char, c_int, c_uint};
use std::ptr::{self, NonNull};

use super::sys_ext::{self, Curlu};

/// A part of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Url,
    /// `https`.
    Scheme,
    /// The host; an IPv6 address in brackets.
    Host,
    /// The host in ASCII: an international name as name servers know it, where libcurl can convert it.
    AsciiHost,
    /// The port, the scheme's default where the URL names none.
    Port,
    /// The user's name.
    #[cfg(feature = "cli")]
    User,
    /// The password.
    #[cfg(feature = "cli")]
    Password,
    /// Options, of mail alone.
    #[cfg(feature = "cli")]
    Options,
    /// The path, `/` at least.
    #[cfg(feature = "cli")]
    Path,
    /// The query, without `?`.
    #[cfg(feature = "cli")]
    Query,
    /// The fragment, without `#`.
    #[cfg(feature = "cli")]
    Fragment,
    /// The path, percent-decoded.
    DecodedPath,
    /// The zone of an IPv6 address.
    Zone,
}

impl Part {
    const fn number(self) -> c_int {
        match self {
            Part::Url => sys_ext::CURLUPART_URL,
            Part::Scheme => sys_ext::CURLUPART_SCHEME,
            Part::Host | Part::AsciiHost => sys_ext::CURLUPART_HOST,
            Part::Port => sys_ext::CURLUPART_PORT,
            #[cfg(feature = "cli")]
            Part::User => sys_ext::CURLUPART_USER,
            #[cfg(feature = "cli")]
            Part::Password => sys_ext::CURLUPART_PASSWORD,
            #[cfg(feature = "cli")]
            Part::Options => sys_ext::CURLUPART_OPTIONS,
            #[cfg(feature = "cli")]
            Part::Path => sys_ext::CURLUPART_PATH,
            #[cfg(feature = "cli")]
            Part::Query => sys_ext::CURLUPART_QUERY,
            #[cfg(feature = "cli")]
            Part::Fragment => sys_ext::CURLUPART_FRAGMENT,
            Part::DecodedPath => sys_ext::CURLUPART_PATH,
            Part::Zone => sys_ext::CURLUPART_ZONEID,
        }
    }
}

/// A URL that libcurl has parsed.
pub(crate) struct Url(NonNull<Curlu>);

impl Url {
    /// Parses as the curl tool does, a missing scheme guessed from the host's name.
    ///
    /// # Errors
    /// libcurl's sentence, where it is no URL.
    pub(crate) fn parse(text: &str) -> Result<Url, String> {
        Url::with(text, 0)
    }

    /// As [`Url::parse`], `/../` and `/./` staying in the path.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn parse_as_is(text: &str) -> Result<Url, String> {
        Url::with(text, sys_ext::CURLU_PATH_AS_IS)
    }

    fn with(text: &str, flags: c_uint) -> Result<Url, String> {
        // SAFETY: curl_url has no precondition.
        let url = Url(NonNull::new(unsafe { sys_ext::curl_url() }).ok_or("out of memory")?);
        url.set(
            Part::Url.number(),
            Some(text.as_bytes()),
            sys_ext::CURLU_GUESS_SCHEME | sys_ext::CURLU_NON_SUPPORT_SCHEME | flags,
        )?;
        Ok(url)
    }

    /// Adds to the query as it is, behind a `&` where there is one.
    ///
    /// # Errors
    /// libcurl's sentence, where that cannot be a query.
    pub(crate) fn append_query(&mut self, query: &[u8]) -> Result<(), String> {
        self.set(sys_ext::CURLUPART_QUERY, Some(query), sys_ext::CURLU_APPENDQUERY)
    }

    /// Where a Location header of this URL's response leads, as libcurl follows it, byte by byte; with `/../` and
    /// `/./` in its path where that stays as it is.
    ///
    /// # Errors
    /// libcurl's sentence, where it leads nowhere.
    pub(crate) fn follow(self, location: &[u8], as_is: bool) -> Result<Url, String> {
        let path = if as_is { sys_ext::CURLU_PATH_AS_IS } else { 0 };
        let flags = sys_ext::CURLU_URLENCODE | sys_ext::CURLU_ALLOW_SPACE | sys_ext::CURLU_NON_SUPPORT_SCHEME | path;
        self.set(Part::Url.number(), Some(location), flags)?;
        Ok(self)
    }

    /// A part; `None` where the URL has none.
    pub(crate) fn get(&self, part: Part) -> Option<String> {
        let flags: c_uint = if part == Part::Port {
            sys_ext::CURLU_DEFAULT_PORT
        } else if part == Part::AsciiHost {
            sys_ext::CURLU_PUNYCODE
        } else if part == Part::DecodedPath {
            sys_ext::CURLU_URLDECODE
        } else {
            0
        };
        let mut value: *mut c_char = ptr::null_mut();
        // SAFETY: the handle is live, and libcurl writes one pointer.
        let code = unsafe { sys_ext::curl_url_get(self.0.as_ptr(), part.number(), &raw mut value, flags) };
        if code != 0 || value.is_null() {
            return None;
        }
        // SAFETY: with code 0 the value is a NUL-terminated string of libcurl's, ours to free with curl_free.
        unsafe {
            let text = CStr::from_ptr(value).to_string_lossy().into_owned();
            curl_sys::curl_free(value.cast());
            Some(text)
        }
    }

    /// The whole URL without a user's name and password.
    pub(crate) fn without_credentials(mut self) -> Option<String> {
        for part in [
            sys_ext::CURLUPART_USER,
            sys_ext::CURLUPART_PASSWORD,
            sys_ext::CURLUPART_OPTIONS,
        ] {
            self.clear(part)?;
        }
        // A newer libcurl decodes a zone and writes it as it is: in `[::1%25x%40h%2f]` others would find another host.
        let ends_a_host = |c: char| !c.is_ascii_alphanumeric() && !"-._~%".contains(c);
        if let Some(zone) = self.get(Part::Zone).filter(|zone| zone.contains(ends_a_host)) {
            let zone = escape_segment(zone.as_bytes())?;
            self.set(Part::Zone.number(), Some(zone.as_bytes()), 0).ok()?;
        }
        self.get(Part::Url)
    }

    fn clear(&mut self, part: c_int) -> Option<()> {
        self.set(part, None, 0).ok()
    }

    fn set(&self, part: c_int, value: Option<&[u8]>, flags: c_uint) -> Result<(), String> {
        let value = value
            .map(CString::new)
            .transpose()
            .map_err(|_| "it contains a NUL byte")?;
        let pointer = value.as_ref().map_or(ptr::null(), |value| value.as_ptr());
        // SAFETY: the handle is live; the value is NUL-terminated or null, which clears the part, and is copied.
        let code = unsafe { sys_ext::curl_url_set(self.0.as_ptr(), part, pointer, flags) };
        if code == 0 {
            return Ok(());
        }
        // SAFETY: curl_url_strerror takes any number and returns a NUL-terminated string in static memory.
        Err(unsafe { CStr::from_ptr(sys_ext::curl_url_strerror(code)) }
            .to_string_lossy()
            .into_owned())
    }
}

/// A name as one segment of a URL's path, percent-encoded where it must be.
pub(crate) fn escape_segment(name: &[u8]) -> Option<String> {
    let len = c_int::try_from(name.len()).ok().filter(|len| *len > 0)?;
    // SAFETY: libcurl reads `len` bytes of the name, and has ignored the handle since 7.82.0; it may be null.
    let escaped = unsafe { curl_sys::curl_easy_escape(ptr::null_mut(), name.as_ptr().cast(), len) };
    if escaped.is_null() {
        return None;
    }
    // SAFETY: a NUL-terminated string of libcurl's, ours to free with curl_free; it is copied first.
    unsafe {
        let text = CStr::from_ptr(escaped).to_string_lossy().into_owned();
        curl_sys::curl_free(escaped.cast());
        Some(text)
    }
}

impl Drop for Url {
    fn drop(&mut self) {
        // SAFETY: the handle came from curl_url and is cleaned up once.
        unsafe { sys_ext::curl_url_cleanup(self.0.as_ptr()) };
    }
}
