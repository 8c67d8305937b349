//! How much each field of a job may hold, in one table. `docs/batch.md` is printed from it.
//!
//! A job's line is as long as `batch.line` allows. These caps bound what the line's fields may be besides, so that a stranger's
//! job costs the reader and the dispatcher no more than in proportion to its line.

/// A row of the table.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "testing"),
    allow(
        dead_code,
        unreachable_pub,
        reason = "the table in the documentation shows all of it"
    )
)]
pub struct Cap {
    /// The field, and the part of it that is bounded.
    pub of: &'static str,
    /// The most of it.
    pub most: usize,
    /// The unit, in the plural.
    pub unit: &'static str,
    /// Why this number.
    pub why: &'static str,
}

macro_rules! caps {
    ($($name:ident: $of:literal, $most:expr, $unit:literal, $why:literal;)*) => {
        $(pub(super) static $name: Cap = Cap { of: $of, most: $most, unit: $unit, why: $why };)*

        /// The table.
        #[cfg(feature = "testing")]
        pub static CAPS: &[&Cap] = &[$(&$name),*];
    };
}

caps! {
    ID: "`id`", 256, "bytes", "a UUID has 36, a SHA-512 in hexadecimal 128";
    TENANT: "`tenant`", 128, "bytes", "it is a label of metrics, and kept for each of 10,000 idle tenants";
    URL: "`url`", 64 << 10, "bytes", "servers refuse more than 8 KiB to 64 KiB";
    METHOD: "`method`", 64, "bytes", "longer than any registered one";
    HEADERS: "`headers`", crate::field::MOST, "headers", "as many as a plugin may make of them";
    HEADER: "`headers`, a line or a value", 64 << 10, "bytes", "servers refuse more than 8 KiB to 64 KiB";
    HEADER_NAME: "`headers`, a name", 256, "bytes", "longer than any registered one";
    PATH: "`body_file`, `output`, `plugin`", 4_095, "bytes", "Linux takes no longer path";
    SET: "`set`", 256, "keys", "each is a value of its own in the guest's configuration";
    SET_KEY: "`set`, a key", 256, "bytes", "a name, not a text";
    SET_VALUE: "`set`, a value", 256 << 10, "bytes", "a list of words fits; more belongs into the plugin";
    LIMITS: "`limits`", 64, "keys", "more than there are limits";
    LIMITS_KEY: "`limits`, a key", 64, "bytes", "longer than any limit's";
    LIMITS_VALUE: "`limits`, a value", 64, "bytes", "a number or a time";
}

impl Cap {
    /// The sentence about a part that is over it, behind the field's name: how much there is where that is known.
    pub(super) fn over(&self, there: Option<usize>) -> String {
        let Cap { most, unit, .. } = self;
        let over = match there {
            Some(there) => format!("{there} {unit} are more than the {most} that there may be"),
            None => format!("there are more than {most} {unit}"),
        };
        match self.part() {
            Some(part) => format!("{part}: {over}"),
            None => over,
        }
    }

    /// The part of the field that it bounds: `a key` of "`set`, a key".
    fn part(&self) -> Option<&str> {
        let (_, part) = self.of.rsplit_once(", ")?;
        (!part.starts_with('`')).then_some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_needed_fit() {
        for row in crate::limits::ROWS {
            assert!(row.key.len() <= LIMITS_KEY.most, "{}", row.key);
        }
        assert!(crate::limits::ROWS.len() <= LIMITS.most);
    }
}
