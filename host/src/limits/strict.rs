//! Limits that may be made stricter, and never laxer.

use super::{ALL, Limit, Limits};

/// Whether a limit is stricter the larger it is.
fn upwards(limit: Limit) -> bool {
    limit == Limit::LowSpeed
}

impl Limits {
    /// Makes one limit stricter, from text as [`Limits::set_text`] takes it.
    ///
    /// # Errors
    /// One sentence, where the value cannot be read or would make the limit laxer; nothing is changed then.
    pub fn tighten_text(&mut self, key: &str, text: &str) -> Result<(), String> {
        let mut new = self.clone();
        new.set_text(key, text)?;
        let laxer = |limit: &&Limit| match upwards(**limit) {
            true => new.get(**limit) < self.get(**limit),
            false => new.get(**limit) > self.get(**limit),
        };
        if let Some(limit) = ALL.iter().find(laxer) {
            let bound = if upwards(*limit) { "less" } else { "more" };
            return Err(format!(
                "{key} may not be {bound} than the {} that it is: it can only be made stricter",
                self.get(*limit)
            ));
        }
        *self = new;
        Ok(())
    }

    /// The stricter of each.
    pub(crate) fn strictest(&self, other: &Limits) -> Limits {
        let mut both = self.clone();
        for limit in ALL {
            let (one, other) = (self.get(*limit), other.get(*limit));
            let stricter = if upwards(*limit) {
                one.max(other)
            } else {
                one.min(other)
            };
            both.set(*limit, stricter);
        }
        both
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_made_laxer() {
        let mut limits = Limits::tenant();
        limits.tighten_text("fuel", "5").unwrap();
        limits.tighten_text("low-speed", "1000").unwrap();
        assert_eq!((limits.get(Limit::Fuel), limits.get(Limit::LowSpeed)), (5, 1_000));
        for (key, laxer) in [("fuel", "6"), ("low-speed", "999")] {
            let kept = limits.clone();
            let why = limits.tighten_text(key, laxer).unwrap_err();
            assert!(why.starts_with(key) && why.contains("stricter"), "{why}");
            assert_eq!(limits, kept);
        }
        assert_eq!(limits.strictest(&Limits::curl()), limits);
        assert_eq!(Limits::curl().strictest(&limits), limits);
    }
}
