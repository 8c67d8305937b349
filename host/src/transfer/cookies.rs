//! Cookies for a whole public suffix, such as all of `co.uk`. A libcurl that was built with libpsl refuses them. One that
//! was not would send them to strangers, so they are taken from it before it goes on, and before its jar is written.
//!
//! It keeps a cookie before its header line comes here. So the blank line that ends the headers is held up, as by a pause,
//! until the driver, outside of libcurl's callbacks, has taken it away.

use std::cell::Cell;

use super::dispatch::Dispatch;
use crate::curl::{Easy, LibcurlVersion};

/// Whether there is such a cookie.
pub(super) struct Suffixes {
    /// Whether cookies are kept.
    pub(super) kept: bool,
    /// They are not, or libcurl refuses these itself.
    idle: bool,
    /// One came and is not taken away yet.
    came: Cell<bool>,
    /// libcurl waits for that.
    awaited: Cell<bool>,
}

impl Suffixes {
    pub(super) fn new(kept: bool) -> Suffixes {
        Suffixes {
            kept,
            idle: !kept || LibcurlVersion::get().features.contains(&"PSL"),
            came: Cell::default(),
            awaited: Cell::default(),
        }
    }

    /// Reads a header line.
    pub(super) fn read(&self, line: &[u8]) {
        if !self.idle && sets_one(line) {
            self.came.set(true);
        }
    }
}

impl Dispatch {
    /// Whether libcurl may go on after the headers; the line comes again where not.
    pub(super) fn suffixes_are_gone(&self) -> bool {
        let came = self.suffixes.came.get();
        self.suffixes.awaited.set(came);
        !came
    }

    /// Whether libcurl waits for cookies to be taken away.
    pub(super) fn suffixes_await(&self) -> bool {
        self.suffixes.awaited.get()
    }

    /// Takes them away. Only outside of libcurl's callbacks.
    pub(super) fn drop_suffixes(&self, easy: &Easy<Dispatch>) {
        self.suffixes.awaited.set(false);
        if !self.suffixes.came.replace(false) {
            return;
        }
        let cookies = easy.info().cookies();
        // libcurl has no way to remove one: all go, and the others come again.
        let mut done = easy.set_cookie("ALL");
        for line in cookies.iter().filter(|line| !is_for_a_suffix(line)) {
            done = done.and_then(|()| easy.set_cookie(line));
        }
        if let Err(error) = done {
            self.latch.set(super::ended::Ended::because(
                None,
                crate::cause::Cause::System,
                error.to_string(),
            ));
        }
    }
}

/// Whether this header line sets a cookie for a whole suffix.
fn sets_one(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let Some((name, value)) = line.split_once(':') else {
        return false;
    };
    if !name.eq_ignore_ascii_case("set-cookie") {
        return false;
    }
    value.split(';').skip(1).any(|attribute| {
        let (key, domain) = attribute.split_once('=').unwrap_or((attribute, ""));
        key.trim().eq_ignore_ascii_case("domain") && is_suffix(domain.trim())
    })
}

/// Whether a line of a cookie file is of a cookie for a whole suffix: its domain, then whether its hosts are meant too.
fn is_for_a_suffix(line: &str) -> bool {
    let mut fields = line.trim_start_matches("#HttpOnly_").split('\t');
    let domain = fields.next().unwrap_or_default();
    fields.next() == Some("TRUE") && is_suffix(domain)
}

fn is_suffix(domain: &str) -> bool {
    let domain = domain.trim_matches('.').to_ascii_lowercase();
    !domain.is_empty() && psl::suffix_str(&domain) == Some(domain.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_for_a_suffix_is_known() {
        for (line, expected) in [
            ("Set-Cookie: a=b; Domain=co.uk\r\n", true),
            ("set-cookie: a=b; path=/; DOMAIN = .CO.UK.\r\n", true),
            ("Set-Cookie: a=b; domain=com", true),
            ("Set-Cookie: a=b; domain=github.io", true),
            ("Set-Cookie: a=b; domain=example.co.uk", false),
            ("Set-Cookie: domain=co.uk; path=/", false),
            ("Set-Cookie: a=b", false),
            ("X: a; domain=co.uk", false),
        ] {
            assert_eq!(sets_one(line.as_bytes()), expected, "{line}");
        }
        assert!(is_for_a_suffix("#HttpOnly_.co.uk\tTRUE\t/\tFALSE\t0\ta\tb"));
        assert!(!is_for_a_suffix("co.uk\tFALSE\t/\tFALSE\t0\ta\tb"));
        assert!(!is_for_a_suffix(".example.com\tTRUE\t/\tFALSE\t0\ta\tb"));
    }
}
