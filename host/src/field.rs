//! Fields of a request's head (RFC 9110, section 5), checked where they are made: whoever holds a [`Header`] holds one line,
//! and what its name says is what an origin reads.
//!
//! The operator's command line, a tenant's job, a guest's `set-header` and a program that embeds the library make theirs
//! here. A name is a token, so that nothing around it hides another name: an origin may take `Transfer-Encoding ` for the
//! field that frames the body, and go by it beside libcurl's own. A value has no control characters but tabs.

use crate::escape::quote;

/// The most fields of a request that somebody else than the operator writes: a guest, or a tenant's job.
pub(crate) const MOST: usize = 100;

/// A header of a request: a field with its value, or the name of one that libcurl shall not send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    name: FieldName,
    value: Option<FieldValue>,
}

/// Why a text is no header of a request. One sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HeaderError(String);

/// A field's name: a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldName(String);

/// A field's value: no control character but the tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldValue(String);

impl FieldName {
    /// The name, where this is one.
    pub(crate) fn parse(text: &str) -> Option<FieldName> {
        is_token(text).then(|| FieldName(text.to_owned()))
    }

    /// As [`FieldName::parse`], and what the curl tool sends besides: letters that are not ASCII's.
    #[cfg(feature = "cli")]
    fn parse_as_curl(text: &str) -> Option<FieldName> {
        let letter = |c: char| match c.is_ascii() {
            true => is_token_byte(c as u8),
            false => !c.is_control() && !c.is_whitespace(),
        };
        (!text.is_empty() && text.chars().all(letter)).then(|| FieldName(text.to_owned()))
    }

    /// Whether a field of this name says how long the body is, which libcurl says itself: a body that is longer than it
    /// says is another request to the origin.
    pub(crate) fn is_framing(&self) -> bool {
        self.is("content-length") || self.is("transfer-encoding")
    }

    /// Whether this is the name of the same field, whatever the case of its letters.
    pub(crate) fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl FieldValue {
    /// The value, where this is one.
    pub(crate) fn parse(text: &str) -> Option<FieldValue> {
        is_value(text).then(|| FieldValue(text.to_owned()))
    }
}

impl Header {
    /// The bytes that its texts take.
    #[cfg(feature = "cli")]
    pub(crate) fn kept(&self) -> usize {
        self.name.0.capacity() + self.value.as_ref().map_or(0, |value| value.0.capacity())
    }

    /// A field of this name and value, which may be empty.
    ///
    /// # Errors
    /// One sentence, where the name is no token or the value has a control character.
    pub fn set(name: &str, value: &str) -> Result<Header, HeaderError> {
        Header::made(name, Some(value), FieldName::parse(name))
    }

    /// No field of this name, though libcurl would send one.
    ///
    /// # Errors
    /// One sentence, where the name is no token.
    pub fn remove(name: &str) -> Result<Header, HeaderError> {
        Header::made(name, None, FieldName::parse(name))
    }

    /// Of parts that are checked already.
    pub(crate) fn of(name: FieldName, value: Option<FieldValue>) -> Header {
        Header { name, value }
    }

    /// Reads a line as curl's `-H` writes it: `Name: value`, `Name;` for an empty value, `Name:` to remove libcurl's own.
    ///
    /// # Errors
    /// One sentence, where it has no colon, or as [`Header::set`].
    pub fn parse(line: &str) -> Result<Header, HeaderError> {
        let (name, value) = Header::split(line)?;
        Header::made(name, value, FieldName::parse(name))
    }

    /// As [`Header::parse`], with the names that the curl tool takes: under a policy that guards the network they are
    /// refused later.
    #[cfg(feature = "cli")]
    pub(crate) fn parse_as_curl(line: &str) -> Result<Header, HeaderError> {
        let (name, value) = Header::split(line)?;
        Header::made(name, value, FieldName::parse_as_curl(name))
    }

    fn split(line: &str) -> Result<(&str, Option<&str>), HeaderError> {
        let shown = || quote(line);
        if line.contains(['\r', '\n', '\0']) {
            return Err(HeaderError(format!(
                "the header {} holds a line break or a NUL",
                shown()
            )));
        }
        let (name, value) = match (line.split_once(':'), line.strip_suffix(';')) {
            (Some((name, value)), _) => (name, Some(value.trim_matches(BLANKS)).filter(|value| !value.is_empty())),
            (None, Some(name)) => (name, Some("")),
            (None, None) => {
                return Err(HeaderError(format!(
                    "the header {} has no colon: write `Name: value`",
                    shown()
                )));
            }
        };
        match name.trim_matches(BLANKS) {
            "" => Err(HeaderError(format!(
                "the header {} has no name: write `Name: value`",
                shown()
            ))),
            name => Ok((name, value)),
        }
    }

    fn made(shown: &str, value: Option<&str>, name: Option<FieldName>) -> Result<Header, HeaderError> {
        let name = name.ok_or_else(|| {
            HeaderError(format!(
                "the header's name {} is no token: write letters, digits and hyphens alone",
                quote(shown)
            ))
        })?;
        let value = value.map(|value| {
            FieldValue::parse(value).ok_or_else(|| {
                HeaderError(format!(
                    "the header {} holds a line break, a NUL or another control character: leave it out",
                    quote(shown)
                ))
            })
        });
        Ok(Header {
            name,
            value: value.transpose()?,
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name.0
    }

    /// The value; `None` where the field shall not be sent.
    pub fn value(&self) -> Option<&str> {
        self.value.as_ref().map(|value| value.0.as_str())
    }

    /// Why a tenant may not have this header sent, in one sentence: its name is none to RFC 9110, or frames the body.
    pub(crate) fn unfit(&self) -> Option<String> {
        if self.name.is_framing() {
            return Some(format!(
                "{} says how long the body is, which libcurl says itself: leave it out",
                self.name()
            ));
        }
        (!is_token(self.name())).then(|| {
            format!(
                "the header's name {} is no token: write letters, digits and hyphens alone",
                quote(self.name())
            )
        })
    }

    /// Whether it is of this name, whatever the case of its letters.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name.is(name)
    }

    /// The line as CURLOPT_HTTPHEADER takes it.
    pub(crate) fn line(&self) -> String {
        let name = self.name();
        match self.value() {
            // Nothing but blanks after the colon would be a removal.
            Some(value) if value.trim_matches(BLANKS).is_empty() => format!("{name};"),
            Some(value) => format!("{name}: {value}"),
            None => format!("{name}:"),
        }
    }
}

/// The white space of a field's line.
const BLANKS: [char; 2] = [' ', '\t'];

/// Whether this is a token (RFC 9110), as a field's name and a method are.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

/// Whether this can be a field's value, or a part of one.
pub(crate) fn is_value(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_token() {
        for name in ["X-A", "x", "!#$%&'*+-.^_`|~09aZ", &"n".repeat(10_000)] {
            assert!(Header::set(name, "v").is_ok() && Header::remove(name).is_ok(), "{name}");
        }
        for name in [
            "",
            " ",
            "Transfer-Encoding ",
            " Transfer-Encoding",
            "Transfer-Encoding\t",
            "Transfer-Encoding\u{a0}",
            "\u{422}ransfer-Encoding",
            "Transfer\u{2010}Encoding",
            "Transfer-Encoding\0",
            "Transfer-Encoding\u{b}",
            "Transfer-Encoding\u{7f}",
            "Transfer-Encoding:",
            "X: a\r\nTransfer-Encoding",
            "X\nY",
            "X;",
            "X,Y",
            "(X)",
            "X\"",
            "X/Y",
            "X@Y",
            "{X}",
            "\u{feff}X",
        ] {
            assert!(
                Header::set(name, "v").is_err() && Header::remove(name).is_err(),
                "{name:?}"
            );
        }
    }

    #[test]
    fn a_value_has_no_control_characters() {
        for value in ["", " ", "a\tb", "a: b; c", "grüße", "\u{a0}", &"v".repeat(100_000)] {
            let header = Header::set("X", value).unwrap();
            assert_eq!(header.value(), Some(value));
            assert_eq!(header.line().lines().count(), 1);
        }
        for value in [
            "a\r\nY: b",
            "a\n b",
            "a\r",
            "\n",
            "a\0",
            "\u{1}",
            "\u{7f}",
            "\u{1b}[31m",
            "\u{85}",
            "\u{b}",
        ] {
            assert!(Header::set("X", value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn lines_are_read_as_curl_reads_them() {
        let set = |name: &str, value: &str| Header::set(name, value);
        assert_eq!(Header::parse("X-A: b: c"), set("X-A", "b: c"));
        assert_eq!(Header::parse("X-A;"), set("X-A", ""));
        assert_eq!(Header::parse("X-A : \t b \t"), set("X-A", "b"));
        assert_eq!(Header::parse("Host:"), Header::remove("Host"));
        assert_eq!(Header::parse("Host: \t"), Header::remove("Host"));
        for wrong in [
            "X-A",
            ": b",
            "X: a\r\nY: b",
            "",
            ";",
            ":",
            "X;Y;",
            "X Y: a",
            "X: a\u{7f}",
            "\u{e9}: a",
        ] {
            assert!(Header::parse(wrong).is_err(), "{wrong:?}");
        }
        for line in ["X-A: b", "X-A;", "Host:", "X: \u{a0}"] {
            assert_eq!(Header::parse(line).unwrap().line(), line);
        }
        // The curl tool sends such a name.
        let odd = Header::parse_as_curl("X-\u{e9}: a").unwrap();
        assert!(odd.unfit().is_some() && odd.line() == "X-\u{e9}: a");
        for wrong in ["X Y: a", "X\u{a0}Y: a", "\u{85}: a", "(X): a", "X: \u{1}"] {
            assert!(Header::parse_as_curl(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_frames_a_body_is_libcurls_own() {
        for line in [
            "Content-Length: 1",
            "CONTENT-LENGTH;",
            "transfer-encoding:",
            "Transfer-Encoding : chunked",
            "\tTransfer-Encoding: chunked",
            "content-length",
        ] {
            let header = Header::parse(line).or_else(|_| Header::remove(line)).unwrap();
            assert!(
                header.unfit().is_some_and(|why| why.contains("libcurl says itself")),
                "{line}"
            );
        }
        for line in [
            "Host: h",
            "Connection: close",
            "TE: trailers",
            "Content-Type: a/b",
            "Cookie: a=b",
        ] {
            assert_eq!(Header::parse(line).unwrap().unfit(), None, "{line}");
        }
    }
}
