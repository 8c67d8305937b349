//! Every quota, in one table: its key in a policy file, its default and why it is what it is.
//!
//! A limit bounds one transfer, a quota all transfers of a tenant together. None is unlimited. `docs/batch.md` is printed from
//! this table.

use crate::limits::{self, Unit};
use crate::suggest;

/// A quota's row in the table.
#[derive(Debug)]
pub struct QuotaRow {
    /// Which it is.
    pub quota: Quota,
    /// Its key in a policy file's `[quotas]`.
    pub key: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Its default.
    pub default: u64,
    /// What it bounds.
    pub bounds: &'static str,
    /// Why the default is what it is.
    pub why: &'static str,
}

const MIB: u64 = 1 << 20;

macro_rules! quotas {
    ($($quota:ident { $key:literal, $unit:ident, $default:expr, $bounds:literal, $why:literal })*) => {
        /// A quota, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Quota { $(#[doc = $bounds] $quota),* }

        /// The table.
        pub static QUOTAS: &[QuotaRow] = &[$(QuotaRow {
            quota: Quota::$quota, key: $key, unit: Unit::$unit, default: $default, bounds: $bounds, why: $why,
        }),*];
    };
}

quotas! {
    Transfers { "transfers", Count, 100,
        "transfers of a tenant that run at once",
        "each holds a guest, a connection and some 100 KiB" }
    Queue { "queue", Count, 1_000,
        "transfers of a tenant that wait for their turn; one more is refused",
        "a queue of ten times what runs is worked off in the time of ten transfers" }
    Requests { "requests", Count, 100,
        "requests that a tenant begins in a second, redirects included",
        "a second's worth may begin at once; what is more waits" }
    Bytes { "bytes", Bytes, 32 * MIB,
        "bytes a second that a tenant moves over the wire, both ways",
        "a quarter of a gigabit; a second's worth may move at once, then its transfers rest" }
    Decoded { "decoded", Bytes, 64 * MIB,
        "bytes a second of its bodies, after decoding",
        "text shrinks to a third or a twentieth, but not all of it is text" }
    GuestTime { "guest-time", Milliseconds, 100,
        "milliseconds of every second that a tenant's guests run, instantiation included",
        "a tenth of a worker: some 50,000 calls that do little; a quarter of a second's worth may be used at once" }
    Memory { "memory", Bytes, 256 * MIB,
        "bytes of a tenant's guests and of what waits in libcurl and the host for its transfers, together",
        "a hundred guests of a MiB each and what a hundred paused transfers hold" }
    Plugins { "plugins", Count, 20,
        "plugins that a tenant has loaded at a time",
        "compiled code is about four times its component" }
    DestinationConnections { "destination-connections", Count, 20,
        "transfers of a tenant that run at once to one host and port, and connections that they have there",
        "a browser opens 6; more is an attack in somebody's eyes" }
    DestinationRequests { "destination-requests", Count, 50,
        "requests that a tenant begins in a second to one host and port, by their first URL",
        "what a site's own limits usually allow one address" }
}

/// The value of each quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotas {
    values: Vec<u64>,
}

impl Default for Quotas {
    fn default() -> Quotas {
        Quotas {
            values: QUOTAS.iter().map(|row| row.default).collect(),
        }
    }
}

impl Quotas {
    /// A quota's value, in its unit.
    pub fn get(&self, quota: Quota) -> u64 {
        self.values.get(quota as usize).copied().unwrap_or(0)
    }

    /// Sets a quota, in its unit: at least 1, and at most 2^63 - 1.
    pub fn set(&mut self, quota: Quota, value: u64) {
        if let Some(slot) = self.values.get_mut(quota as usize) {
            *slot = value.clamp(1, u64::MAX >> 1);
        }
    }

    /// Sets a quota from text: `64MiB`, `100ms`, `50`.
    ///
    /// # Errors
    /// One sentence that names the key and what would do.
    pub fn set_text(&mut self, key: &str, text: &str) -> Result<(), String> {
        let known = || QUOTAS.iter().map(|row| row.key);
        let row = QUOTAS
            .iter()
            .find(|row| row.key == key)
            .ok_or_else(|| match suggest::nearest(key, known()) {
                Some(near) => format!("there is no quota `{key}`; did you mean `{near}`?"),
                None => format!(
                    "there is no quota `{key}`; there are {}",
                    known().collect::<Vec<_>>().join(", ")
                ),
            })?;
        self.set(row.quota, limits::read(key, row.unit, row.default, text)?);
        Ok(())
    }

    pub(crate) fn count(&self, quota: Quota) -> usize {
        usize::try_from(self.get(quota)).unwrap_or(usize::MAX)
    }
}

impl Quota {
    /// The quota's row.
    pub fn row(self) -> &'static QuotaRow {
        // Both come from one list, so the index is in bounds.
        &QUOTAS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_read() {
        let mut quotas = Quotas::default();
        for row in QUOTAS {
            assert_eq!(row.quota.row().key, row.key);
            assert!(quotas.get(row.quota) > 0);
        }
        quotas.set_text("guest-time", "50ms").unwrap();
        assert_eq!(quotas.get(Quota::GuestTime), 50);
        for (key, text) in [("transfers", "0"), ("bytes", "much"), ("guest-time", "5")] {
            assert!(quotas.set_text(key, text).unwrap_err().contains(key));
        }
        let wrong = quotas.set_text("transfer", "1").unwrap_err();
        assert!(wrong.contains("did you mean `transfers`"), "{wrong}");
    }
}
