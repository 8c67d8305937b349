//! The matcher: leftmost match first, and of several at one place the first pattern in the list.

/// What stands in the place of a secret.
const BLOT: &[u8] = b"[redacted]";

/// `prefix`, then `count` bytes of `class`, then, where `open`, every further byte of `class`.
struct Pattern {
    prefix: Vec<u8>,
    class: fn(u8) -> bool,
    count: usize,
    open: bool,
}

enum Found {
    Nothing,
    /// The text ends before the pattern does.
    Unfinished,
    Secret(usize),
}

impl Pattern {
    fn at(&self, text: &[u8]) -> Found {
        let whole = self.prefix.len() + self.count;
        for place in 0..whole {
            let Some(&byte) = text.get(place) else {
                return Found::Unfinished;
            };
            if !self
                .prefix
                .get(place)
                .map_or_else(|| (self.class)(byte), |&wanted| wanted == byte)
            {
                return Found::Nothing;
            }
        }
        Found::Secret(whole)
    }
}

/// A text that comes in pieces. At most one pattern's length of it is ever held back.
pub(crate) struct Stream {
    patterns: Vec<Pattern>,
    /// Whether a pattern begins with this byte. Most bytes begin none, and fuel is paid for each.
    begins: [bool; 256],
    held: Vec<u8>,
    /// The open end of a secret that was blotted out already.
    swallow: Option<fn(u8) -> bool>,
}

impl Stream {
    /// The built-in patterns, and a word of the caller's own, not empty, before them.
    pub(crate) fn new(word: Option<String>) -> Self {
        let pattern = |prefix: &[u8], class, count, open| Pattern {
            prefix: prefix.to_vec(),
            class,
            count,
            open,
        };
        let own = word.map(|word| pattern(word.as_bytes(), |_| false, 0, false));
        let built_in = [
            pattern(b"AKIA", |b| b.is_ascii_digit() || b.is_ascii_uppercase(), 16, false),
            pattern(b"ghp_", |b| b.is_ascii_alphanumeric(), 36, false),
            pattern(
                b"Bearer ",
                |b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b),
                1,
                true,
            ),
        ];
        let patterns: Vec<Pattern> = own.into_iter().chain(built_in).collect();
        let mut begins = [false; 256];
        for first in patterns.iter().filter_map(|pattern| pattern.prefix.first()) {
            begins[usize::from(*first)] = true;
        }
        Self {
            patterns,
            begins,
            held: Vec::new(),
            swallow: None,
        }
    }

    /// What may go out now that these bytes have come.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(chunk);
        self.drain(false)
    }

    /// What was held back, the text being over.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.drain(true)
    }

    fn drain(&mut self, over: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.held.len());
        let mut from = 0;
        'text: while from < self.held.len() {
            let rest = &self.held[from..];
            if let Some(class) = self.swallow {
                let swallowed = rest.iter().take_while(|byte| class(**byte)).count();
                from += swallowed;
                if swallowed < rest.len() {
                    self.swallow = None;
                }
                continue;
            }
            let plain = rest.iter().take_while(|byte| !self.begins[usize::from(**byte)]).count();
            if plain > 0 {
                out.extend_from_slice(&rest[..plain]);
                from += plain;
                continue;
            }
            for pattern in &self.patterns {
                match pattern.at(rest) {
                    Found::Nothing => {}
                    Found::Unfinished if over => {}
                    // A later pattern may match here already, but only the longer text tells whether this one does.
                    Found::Unfinished => break 'text,
                    Found::Secret(length) => {
                        out.extend_from_slice(BLOT);
                        from += length;
                        self.swallow = pattern.open.then_some(pattern.class);
                        continue 'text;
                    }
                }
            }
            out.push(rest[0]);
            from += 1;
        }
        self.held.drain(..from);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;

    fn in_pieces(text: &[u8], cut: impl Fn(usize) -> usize) -> String {
        let (mut stream, mut out, mut rest) = (Stream::new(Some("hush".to_owned())), Vec::new(), text);
        while !rest.is_empty() {
            let (piece, further) = rest.split_at(cut(rest.len()).clamp(1, rest.len()));
            out.extend(stream.push(piece));
            assert!(stream.held.len() < 40, "more is held back than the longest pattern");
            rest = further;
        }
        out.extend(stream.finish());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_result_is_the_same_however_the_text_is_cut() {
        let token = "a1B2".repeat(9);
        let text = format!(
            "AKIAAKIA0123456789ABCDEFGH ghp_{token} ghp_{token}tail ghp_short hushush AKIA0123 Authorization: Bearer \
             abc.def~/+= Bearer  Bearer hush,Bearer AKIA0123456789ABCDEF; Bearer {} end AKIA0123456789ABCDE",
            "x".repeat(300),
        );
        let expected = "[redacted]CDEFGH [redacted] [redacted]tail ghp_short [redacted]ush AKIA0123 Authorization: \
                        [redacted] Bearer  [redacted],[redacted]; [redacted] end AKIA0123456789ABCDE";
        assert_eq!(in_pieces(text.as_bytes(), |rest| rest), expected);
        for size in 1..text.len() {
            assert_eq!(in_pieces(text.as_bytes(), |_| size), expected, "in pieces of {size}");
            assert_eq!(
                in_pieces(text.as_bytes(), |rest| rest * size % 61),
                expected,
                "in mixed pieces, {size}"
            );
        }
    }

    #[test]
    fn what_is_left_unfinished_comes_out_at_the_end() {
        for text in ["AKIA", "ghp_abc", "Bearer ", "hus", ""] {
            assert_eq!(in_pieces(text.as_bytes(), |_| 1), text);
        }
    }
}
