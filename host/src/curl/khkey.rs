//! `struct curl_khkey`: an SSH host's key, as raw bytes whatever form it came in.

use std::ffi::{CStr, c_int};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sys_ext::{self, Khkey};

/// The longest key that is looked at; an RSA key of 16384 bits has some 2 KiB.
const MAX_KEY: usize = 64 << 10;

/// An SSH host's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SshKey {
    /// The raw bytes.
    pub(crate) bytes: Vec<u8>,
    /// Its type.
    pub(crate) kind: KeyType,
}

/// A `curl_khtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyType {
    /// CURLKHTYPE_UNKNOWN, or a newer one.
    Unknown,
    /// CURLKHTYPE_RSA1.
    Rsa1,
    /// CURLKHTYPE_RSA.
    Rsa,
    /// CURLKHTYPE_DSS.
    Dss,
    /// CURLKHTYPE_ECDSA.
    Ecdsa,
    /// CURLKHTYPE_ED25519.
    Ed25519,
}

/// A `curl_khmatch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyMatch {
    /// CURLKHMATCH_OK.
    Ok,
    /// CURLKHMATCH_MISMATCH.
    Mismatch,
    /// CURLKHMATCH_MISSING, or what no libcurl says yet.
    Missing,
}

/// The key; `None` for a null pointer and for what is none.
///
/// # Safety
/// It is null, or points to a `curl_khkey` as curl.h has it, whose key lives until this returns.
pub(super) unsafe fn read(key: *const Khkey) -> Option<SshKey> {
    if key.is_null() {
        return None;
    }
    // SAFETY: it is not null, which was checked, so it is valid as the caller promises; its fields are copied out.
    let (data, len, keytype) = unsafe { ((*key).key, (*key).len, (*key).keytype) };
    if data.is_null() || len > MAX_KEY {
        return None;
    }
    let bytes = if len == 0 {
        // SAFETY: with a length of 0 the key is a NUL-terminated string (curl.h), which lives as long as the struct.
        let text = unsafe { CStr::from_ptr(data) };
        STANDARD.decode(text.to_bytes().trim_ascii()).ok()?
    } else {
        // SAFETY: `len` raw bytes stand at `data` (curl.h), for as long as the struct, and are copied at once.
        unsafe { std::slice::from_raw_parts(data.cast::<u8>(), len) }.to_vec()
    };
    let kind = match keytype {
        sys_ext::CURLKHTYPE_RSA1 => KeyType::Rsa1,
        sys_ext::CURLKHTYPE_RSA => KeyType::Rsa,
        sys_ext::CURLKHTYPE_DSS => KeyType::Dss,
        sys_ext::CURLKHTYPE_ECDSA => KeyType::Ecdsa,
        sys_ext::CURLKHTYPE_ED25519 => KeyType::Ed25519,
        _ => KeyType::Unknown,
    };
    Some(SshKey { bytes, kind })
}

pub(super) fn matched(number: c_int) -> KeyMatch {
    match number {
        sys_ext::CURLKHMATCH_OK => KeyMatch::Ok,
        sys_ext::CURLKHMATCH_MISMATCH => KeyMatch::Mismatch,
        _ => KeyMatch::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_key_are_the_same_bytes() {
        let raw = Khkey {
            key: c"abc".as_ptr(),
            len: 3,
            keytype: 5,
        };
        let text = Khkey {
            key: c"YWJj".as_ptr(),
            len: 0,
            keytype: 5,
        };
        let none = Khkey {
            key: std::ptr::null(),
            len: 3,
            keytype: 5,
        };
        let long = Khkey {
            len: MAX_KEY + 1,
            ..none
        };
        // SAFETY: each is null, or a structure whose key is null, longer than is read, or a string of that length.
        let [raw, text, nothing, none, long] = unsafe {
            [
                read(&raw),
                read(&text),
                read(std::ptr::null()),
                read(&none),
                read(&long),
            ]
        };
        assert_eq!(raw, text);
        assert_eq!(raw.unwrap().kind, KeyType::Ed25519);
        assert_eq!((nothing, none, long), (None, None, None));
    }
}
