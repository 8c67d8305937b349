//! The known word that somebody may have meant.
//!
//! Strangers choose the word: a job's field, a tenant's name, an interface of a plugin. The distance between two words takes
//! time by the product of their lengths, so the function itself bounds what it compares, for every caller.

/// The longest word, in bytes, that is compared with another one. No known word is as long.
pub(crate) const LONGEST: usize = 64;
/// So many known words are looked at.
const CANDIDATES: usize = 1_000;
/// So many pairs of letters are compared for one word: about a millisecond.
const PAIRS: usize = 1 << 16;

/// The known word nearest to `word`, where one is near enough to be a slip of the hand. Only words of nearly the same length
/// are compared. A word over [`LONGEST`] has no near one.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let letters = word.chars().count();
    let mut left = PAIRS;
    let mut best: Option<(usize, &str)> = None;
    for candidate in known.into_iter().take(CANDIDATES) {
        if candidate.len() > LONGEST || candidate.chars().count().abs_diff(letters) > slips(candidate) {
            continue;
        }
        let Some(rest) = left.checked_sub((letters + 1) * (candidate.len() + 1)) else {
            break;
        };
        left = rest;
        let distance = strsim::damerau_levenshtein(word, candidate);
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.filter(|(distance, candidate)| *distance <= slips(candidate))
        .map(|(_, candidate)| candidate)
}

/// How many letters of this word a slip of the hand may change.
fn slips(candidate: &str) -> usize {
    // Of a short word one letter at least is as it was.
    2.max(candidate.len() / 3).min(candidate.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_known() {
        let known = ["id", "url", "tenant", "headers", "body_file"];
        for (word, meant) in [
            ("ulr", Some("url")),
            ("tennant", Some("tenant")),
            ("haeders", Some("headers")),
            ("bodyfile", Some("body_file")),
            ("something", None),
            ("", None),
            ("zz", None),
            ("if", Some("id")),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }

    /// What is long is not compared, and of many words no more than a bounded number is even looked at.
    #[test]
    fn the_work_is_bounded_whatever_the_words() {
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
        assert_eq!(nearest("aa", [long.as_str(), "ab"]), Some("ab"));
        let looked = Cell::new(0_usize);
        let word = "é".repeat(LONGEST / 2);
        let endless = std::iter::repeat(word.as_str()).inspect(|_| looked.set(looked.get() + 1));
        assert_eq!(nearest(&word, endless), Some(word.as_str()));
        assert!(looked.get() <= CANDIDATES, "{} were looked at", looked.get());
        let compared = PAIRS / ((LONGEST / 2 + 1) * (LONGEST + 1));
        assert!(looked.get() <= compared + 1, "{} were compared", looked.get());
    }
}
