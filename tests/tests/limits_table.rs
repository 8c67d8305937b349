//! The table of limits in the documentation is the one that the host works by.

#[path = "limits_table/reached.rs"]
mod reached;

use transferhost::limits::{ALL, ROWS, Row, Unit, find};
use transferhost::{Limit, Limits};
use transferhost_tests::table::{Section, Table, code};

/// What reaching the limit comes to, as the documentation has it.
fn ends_as(limit: Limit) -> String {
    let reached = reached::by(limit);
    match (reached.cause, reached.code) {
        (None, 2) => "not loaded, 2".to_owned(),
        (None, number) => format!("libcurl's own {number}"),
        // Elsewhere it is the code of the callback that was running.
        (Some(cause), number @ (2 | 28 | 63)) => format!("{}, {number}", code(cause)),
        (Some(cause), _) => code(cause),
    }
}

#[test]
fn every_limit_can_be_reached() {
    let origin = reached::origin();
    let tried = ALL.iter().map(|limit| reached::check(&reached::by(*limit), &origin));
    let wrong: Vec<String> = tried.filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_documentation_has_every_limit() {
    let mut table = Table::new(["key", "flag", "bounds", "unit", "`curl`", "`tenant`", "ends as", "why"]);
    for (limit, row) in ALL.iter().zip(ROWS) {
        table.row([
            code(row.key),
            row.flag.map_or_else(String::new, code),
            row.bounds.to_owned(),
            unit(row.unit).to_owned(),
            code(&value(row, row.curl)),
            code(&value(row, row.tenant)),
            ends_as(*limit),
            row.why.to_owned(),
        ]);
    }
    let settled = Section::of("limits.md", "limits").settle(table);
    settled.unwrap_or_else(|difference| panic!("{difference}"));
}

/// What the documentation shows can be copied into a policy file as it stands.
#[test]
fn every_value_is_read_as_it_is_shown() {
    for row in ROWS {
        let (limit, _) = find(row.key).expect("a row's own key");
        for default in [row.curl, row.tenant] {
            let shown = value(row, default);
            let mut limits = Limits::curl();
            limits.set_text(row.key, &shown).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!(limits.get(limit), default, "{} = {shown}", row.key);
        }
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "number",
        Unit::Fuel => "fuel",
        Unit::Bytes => "bytes",
        Unit::Milliseconds => "time",
    }
}

/// A value in the largest unit that leaves it whole.
fn value(row: &Row, value: u64) -> String {
    let units: &[(u64, &str)] = match row.unit {
        Unit::Count | Unit::Fuel => return in_thousands(value),
        Unit::Bytes => &[(1 << 20, "MiB"), (1 << 10, "KiB")],
        Unit::Milliseconds => &[(60_000, "min"), (1_000, "s"), (1, "ms")],
    };
    let whole = units.iter().find(|(size, _)| value.is_multiple_of(*size));
    whole.map_or_else(|| value.to_string(), |(size, name)| format!("{}{name}", value / size))
}

fn in_thousands(value: u64) -> String {
    let digits = value.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join("_")
}
