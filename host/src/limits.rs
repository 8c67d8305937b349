//! Every limit, in one table: its key in a policy file, its flag, its defaults and why they are what they are.
//!
//! None is unlimited. `docs/limits.md` is printed from this table.

mod strict;

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of something.
    Count,
    /// wasmtime's fuel: about one for each instruction.
    Fuel,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Milliseconds,
}

/// A limit's row in the table.
#[derive(Debug)]
pub struct Row {
    /// Its key in a policy file's `[limits]`, and in `--limit KEY=VALUE`.
    pub key: &'static str,
    /// Its own flag of `transferhost run`, where it has one.
    pub flag: Option<&'static str>,
    /// What it counts.
    pub unit: Unit,
    /// Its default under the policy `curl`.
    pub curl: u64,
    /// Its default under the policy `tenant`.
    pub tenant: u64,
    /// What it bounds.
    pub bounds: &'static str,
    /// Why the defaults are what they are.
    pub why: &'static str,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

macro_rules! limits {
    ($($limit:ident { $key:literal, $flag:expr, $unit:ident, curl: $curl:expr, tenant: $tenant:expr, $bounds:literal, $why:literal })*) => {
        /// A limit, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit { $(#[doc = $bounds] $limit),* }

        /// The table.
        pub static ROWS: &[Row] = &[$(Row {
            key: $key, flag: $flag, unit: Unit::$unit, curl: $curl, tenant: $tenant, bounds: $bounds, why: $why,
        }),*];

        /// Every limit, in the table's order.
        pub static ALL: &[Limit] = &[$(Limit::$limit),*];
    };
}

limits! {
    Fuel { "fuel", Some("--fuel"), Fuel, curl: 50_000_000, tenant: 20_000_000,
        "fuel of one call",
        "50 million is 6 to 30 ms, depending on the code; a chunk of 16 KiB hashed takes 1.2 million" }
    FuelTotal { "fuel-total", Some("--fuel-total"), Fuel, curl: 10_000_000_000, tenant: 1_000_000_000,
        "fuel of a transfer, before what its body adds",
        "some seconds of a core for one's own plugin, some tenths for a stranger's" }
    FuelPerByte { "fuel-per-byte", None, Fuel, curl: 1_000, tenant: 500,
        "fuel that each byte of the body adds to the total",
        "without it the total would be a hidden limit of size; SHA-256 takes about 75 a byte" }
    CallTime { "call-time", Some("--call-time"), Milliseconds, curl: 1_000, tenant: 10,
        "wall clock of one call, waits inside host imports included",
        "a stranger's guest shares its thread with other transfers; one's own may think" }
    InstantiateTime { "instantiate-time", None, Milliseconds, curl: 5_000, tenant: 250,
        "wall clock of making a guest, which runs its start code",
        "guests that carry a language's engine take some 100 ms, once" }
    InstantiateFuel { "instantiate-fuel", None, Fuel, curl: 2_000_000_000, tenant: 200_000_000,
        "fuel of making a guest",
        "as instantiate-time, for code that is only slow on this machine" }
    Memory { "memory", Some("--memory"), Bytes, curl: 128 * MIB, tenant: 16 * MIB,
        "all linear memories of a guest together",
        "a TinyGo guest takes 128 KiB, a Rust one 1 MiB, a Go one 3 MiB, one with a JavaScript engine some 10 MiB" }
    TableElements { "table-elements", None, Count, curl: 100_000, tenant: 20_000,
        "elements of all tables of a guest together",
        "8 bytes of host memory each; the largest compiled guests have some thousands" }
    Instances { "instances", None, Count, curl: 100, tenant: 50,
        "core instances of a guest, and likewise its memories and its tables",
        "a compiler's component has 3 to 8; Python's some 30" }
    Handles { "handles", None, Count, curl: 1_000, tenant: 256,
        "resource handles that a guest holds at a time",
        "about 80 bytes of host memory each; a policy needs a handful" }
    Returned { "returned", None, Bytes, curl: 16 * MIB, tenant: MIB,
        "bytes that one call passes to the host, results and arguments of imports alike",
        "a chunk is 16 KiB; room for what a filter held back" }
    Printed { "printed", None, Bytes, curl: MIB, tenant: 64 * KIB,
        "bytes that a guest prints in all",
        "a log, not a channel" }
    PauseBudget { "pause", None, Milliseconds, curl: 600_000, tenant: 30_000,
        "time that a transfer is paused in all",
        "a paused transfer holds its connection; ten minutes suit a throttle on one's own machine" }
    ComponentSize { "component-size", None, Bytes, curl: 64 * MIB, tenant: 8 * MIB,
        "size of a plugin's file",
        "compiling takes time and memory in proportion; guests with an engine are 10 to 40 MiB" }
    LoadMemory { "load-memory", None, Bytes, curl: 4096 * MIB, tenant: 512 * MIB,
        "memory of the process that compiles a plugin",
        "a plugin of 70 KB takes 20 MB, a JavaScript engine of 12 MB some 700; without it 800 KB took 10 GiB" }
    LoadProcessorTime { "load-processor-time", None, Milliseconds, curl: 600_000, tenant: 20_000,
        "processor time of each process that loads a plugin: one compiles it, one tries it",
        "a plugin of 70 KB takes 0.1 s, a JavaScript engine of 12 MB 22; a plugin of 18 KB can take 34" }
    LoadTime { "load-time", None, Milliseconds, curl: 600_000, tenant: 120_000,
        "wall clock of each of these processes",
        "on a busy machine a slow load runs at nice 19 and waits for other work" }
    LoadCode { "load-code", None, Bytes, curl: 1024 * MIB, tenant: 128 * MIB,
        "size of a plugin's compiled code",
        "about four times the plugin: a JavaScript engine has 49 MB of code, and a file of 31 KB can become 356 MB" }
    Body { "body", None, Bytes, curl: u64::MAX >> 1, tenant: 256 * MIB,
        "bytes of a body, after decoding",
        "curl has no limit, and its policy none but libcurl's own 8 EiB; a service must stop somewhere" }
    Delivered { "delivered", None, Bytes, curl: u64::MAX >> 1, tenant: 256 * MIB,
        "bytes that a transfer delivers, shown headers and all that a guest puts in their place included",
        "as body: a guest that answers each byte with a MiB must not fill a disk" }
    Uploaded { "uploaded", None, Bytes, curl: u64::MAX >> 1, tenant: 256 * MIB,
        "bytes that a transfer sends as its body, again after a redirect included",
        "as body: what a guest makes up must stop somewhere too" }
    HeaderLines { "header-lines", None, Count, curl: 20_000, tenant: 500,
        "header lines of a transfer in all, those of redirects and of 1xx responses included",
        "an answer has some 20; libcurl's own limit is 5000 a response, and an older one has none" }
    HeaderBytes { "header-bytes", None, Bytes, curl: 2 * MIB, tenant: 128 * KIB,
        "bytes of those lines together",
        "an answer's take a few KiB, cookies and policies more; libcurl's own limit is 300 KiB a response" }
    Informational { "informational", None, Count, curl: 5_000, tenant: 20,
        "informational (1xx) responses of a transfer in all",
        "an origin sends one or two before its answer; libcurl has no limit of its own but that of header lines" }
    Ratio { "ratio", None, Count, curl: u64::MAX >> 1, tenant: 100,
        "bytes of a body after decoding, for each byte before it, of which the first 16 KiB are granted",
        "text shrinks to a third or a twentieth, zeros to a thousandth; curl has no limit, and its policy none" }
    LowSpeed { "low-speed", None, Bytes, curl: 100, tenant: 100,
        "bytes a second that must move, on an average over `low-speed-time`, where the transfer is not paused",
        "slower is an origin that holds a connection rather than one that sends" }
    LowSpeedTime { "low-speed-time", None, Milliseconds, curl: i32::MAX as u64, tenant: 20_000,
        "time for which a transfer may be slower than `low-speed`; whole seconds, rounded up",
        "a stall of some seconds is a busy server; curl waits, and its policy 24 days" }
    TotalTime { "total-time", None, Milliseconds, curl: i32::MAX as u64, tenant: 60_000,
        "time of a transfer in all; -m replaces it, under tenant only where that is less",
        "curl has no limit, and its policy none but 24 days; a minute is what services wait" }
    Redirects { "redirects", None, Count, curl: 50, tenant: 5,
        "redirects that -L follows; --max-redirs replaces it, under tenant only where that is less",
        "50 is the curl tool's default; 4 to 10 is what fetching services allow" }
}

/// The value of each limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    values: Vec<u64>,
}

impl Limits {
    /// The defaults of the policy `curl`: a user's own machine, a user's own plugin.
    pub fn curl() -> Limits {
        Limits {
            values: ROWS.iter().map(|row| row.curl).collect(),
        }
    }

    /// The defaults of the policy `tenant`: a stranger's plugin, a stranger's URL.
    pub fn tenant() -> Limits {
        Limits {
            values: ROWS.iter().map(|row| row.tenant).collect(),
        }
    }

    /// A limit's value, in its unit.
    pub fn get(&self, limit: Limit) -> u64 {
        self.values.get(limit as usize).copied().unwrap_or(0)
    }

    /// A limit's value as a number of things in memory.
    pub fn count(&self, limit: Limit) -> usize {
        usize::try_from(self.get(limit)).unwrap_or(usize::MAX)
    }

    /// A limit's value as a time.
    pub fn time(&self, limit: Limit) -> Duration {
        Duration::from_millis(self.get(limit))
    }

    /// Sets a limit, in its unit: at least 1, and at most 2^63 - 1; what is beyond is taken for the nearest of these.
    pub fn set(&mut self, limit: Limit, value: u64) {
        if let Some(slot) = self.values.get_mut(limit as usize) {
            *slot = value.clamp(1, MOST);
        }
    }

    /// Sets a limit from text: `64MiB`, `2s`, `50000000`.
    ///
    /// # Errors
    /// One sentence that names the key and what would do.
    pub fn set_text(&mut self, key: &str, text: &str) -> Result<(), String> {
        let (limit, row) = find(key).ok_or_else(|| unknown(key))?;
        self.set(limit, read(key, row.unit, row.tenant, text)?);
        Ok(())
    }
}

impl Limit {
    /// Whether it bounds a plugin that is loaded, before any transfer has it.
    #[cfg(feature = "cli")]
    pub(crate) fn is_of_loading(self) -> bool {
        matches!(
            self,
            Limit::ComponentSize | Limit::LoadMemory | Limit::LoadProcessorTime | Limit::LoadTime | Limit::LoadCode
        )
    }

    /// The limit's row.
    pub fn row(self) -> &'static Row {
        // `ALL` and `ROWS` come from one list, so the index is in bounds.
        &ROWS[self as usize]
    }
}

/// The limit of this key.
pub fn find(key: &str) -> Option<(Limit, &'static Row)> {
    ALL.iter().copied().zip(ROWS).find(|(_, row)| row.key == key)
}

fn unknown(key: &str) -> String {
    let known = ROWS.iter().map(|row| row.key);
    match crate::suggest::nearest(key, known) {
        Some(near) => format!("there is no limit `{key}`; did you mean `{near}`?"),
        None => format!("there is no limit `{key}`; `docs/limits.md` lists them"),
    }
}

/// Reads a value; the error is a sentence that names the key and what would do, such as `usual` for a number.
pub(crate) fn read(key: &str, unit: Unit, usual: u64, text: &str) -> Result<u64, String> {
    parse(unit, text).ok_or_else(|| {
        let want = match unit {
            Unit::Count | Unit::Fuel => format!("a number above 0, such as {usual}"),
            Unit::Bytes => "a size above 0, such as 64MiB or 65536".to_owned(),
            Unit::Milliseconds => "a time of at least 1ms, such as 10ms or 2s".to_owned(),
        };
        format!("`{text}` is no value for {key}: give {want}")
    })
}

/// Beyond it the arithmetic of totals could wrap, and no machine has as much.
const MOST: u64 = u64::MAX >> 1;

fn parse(unit: Unit, text: &str) -> Option<u64> {
    let value = match unit {
        Unit::Count | Unit::Fuel => text.replace('_', "").parse().ok()?,
        Unit::Bytes => parse_size::Config::new().with_binary().parse_size(text).ok()?,
        Unit::Milliseconds => u64::try_from(humantime::parse_duration(text).ok()?.as_millis()).ok()?,
    };
    (1..=MOST).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_its_own_row() {
        for (limit, row) in ALL.iter().zip(ROWS) {
            assert_eq!(find(row.key).map(|(found, _)| found), Some(*limit));
            assert!(row.curl > 0 && row.tenant > 0 && row.tenant <= row.curl, "{}", row.key);
        }
    }

    #[test]
    fn values_have_units() {
        let mut limits = Limits::curl();
        for (key, text, value) in [
            ("memory", "64MiB", 64 * MIB),
            ("memory", "65536", 65_536),
            ("call-time", "2s", 2_000),
            ("fuel", "5_000", 5_000),
        ] {
            limits.set_text(key, text).unwrap();
            assert_eq!(limits.get(find(key).unwrap().0), value);
        }
        for (key, text) in [
            ("memory", "0"),
            ("memory", "-1"),
            ("call-time", "2"),
            ("fuel", "much"),
            ("call-time", "0ms"),
        ] {
            assert!(limits.set_text(key, text).is_err(), "{key}={text}");
        }
        for (value, kept) in [(0, 1), (7, 7), (u64::MAX, MOST)] {
            limits.set(Limit::Fuel, value);
            assert_eq!(limits.get(Limit::Fuel), kept);
        }
        assert!(
            limits
                .set_text("fule", "1")
                .unwrap_err()
                .contains("did you mean `fuel`")
        );
    }
}
