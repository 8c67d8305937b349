//! Foreign words, made safe for a terminal and a log: the one boundary where they are escaped.

use std::fmt::Write as _;

/// How much of a guest's words is kept.
pub(crate) const REASON_BYTES: usize = 1 << 10;

/// Escapes controls (C0, C1, DEL), line separators and bidirectional controls; the rest stays as it is.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            // Formatting that reorders, hides or breaks lines: bidi marks, embeddings, overrides and isolates, zero
            // widths, line and paragraph separators, the byte order mark, and the tags of plane 14.
            c if c.is_control()
                || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}') =>
            {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Escaped and in quotes.
pub(crate) fn quote(text: &str) -> String {
    format!("\"{}\"", escape(text).replace('"', "\\\""))
}

/// The front of a text, at most `bytes` long, cut between characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(
            escape("a\x1b[31mb\r\n\u{9b}c\u{202e}d"),
            "a\\u{1b}[31mb\\r\\n\\u{9b}c\\u{202e}d"
        );
        assert_eq!(escape("grüße, 世界"), "grüße, 世界");
        assert_eq!(quote("say \"no\""), "\"say \\\"no\\\"\"");
    }

    #[test]
    fn a_cut_never_halves_a_character() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("ab", 5), "ab");
    }
}
