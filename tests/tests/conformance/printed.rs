//! The table in the documentation: a column a libcurl. A run has one of them and leaves the other's column alone.

use std::io::{self, Write};

use transferhost::{Callback, LibcurlVersion};
use transferhost_tests::table::{Section, Table};

use crate::expected::Fate;

/// A row, as far as this run knows it.
pub(crate) struct Line {
    pub(crate) callback: Callback,
    pub(crate) fate: Fate,
    pub(crate) guest: String,
    /// `None` where it could not be tried on this machine: then the documentation keeps what it has.
    pub(crate) seen: Option<String>,
}

/// The first columns are what was done; then comes what each libcurl did.
const DONE: usize = 3;
const KINDS: [&str; 2] = ["bundled", "system"];

/// Writes this libcurl's column, or compares with it where it is that of another version of the system's libcurl.
///
/// # Errors
/// Under CI, where the documentation is not what was seen.
pub(crate) fn settle(lines: &[Line]) -> Result<(), String> {
    let libcurl = LibcurlVersion::get();
    let mine = usize::from(!libcurl.bundled);
    let head = format!("{} {}", KINDS[mine], libcurl.version);
    let section = Section::of("conformance.md", "callbacks and fates");
    let old = Table::parse(&section.read()).unwrap_or_default();

    let old_head = |kind: usize| old.header.get(DONE + kind).map_or(KINDS[kind], String::as_str);
    // A system has the libcurl that it has. A bare `system` is a column that waits for its first.
    if !libcurl.bundled && old_head(mine) != head && old_head(mine) != KINDS[mine] {
        compare(lines, &old, DONE + mine, &head);
        return Ok(());
    }
    let mut heads = KINDS.map(str::to_owned);
    heads[1 - mine] = old_head(1 - mine).to_owned();
    heads[mine] = head;
    let mut table = Table::new(
        ["callback", "fate", "guest"]
            .map(str::to_owned)
            .into_iter()
            .chain(heads),
    );
    for line in lines {
        let old = |kind: usize| old_cell(&old, line, DONE + kind).unwrap_or("not run yet");
        let mut seen = [old(0), old(1)];
        if let Some(mine_now) = &line.seen {
            seen[mine] = mine_now;
        }
        table.row([line.callback.name(), line.fate.name(), &line.guest, seen[0], seen[1]]);
    }
    section.settle(table)
}

fn old_cell<'a>(old: &'a Table, line: &Line, column: usize) -> Option<&'a str> {
    let same = |row: &&Vec<String>| row[0] == line.callback.name() && row[1] == line.fate.name();
    old.rows.iter().find(same)?.get(column).map(String::as_str)
}

/// Tells where this libcurl does something else; that is no failure, since the codes and causes were looked at already.
fn compare(lines: &[Line], old: &Table, column: usize, head: &str) {
    for line in lines {
        let there = old_cell(old, line, column).unwrap_or("nothing");
        if let Some(seen) = line.seen.as_deref().filter(|seen| *seen != there) {
            // Not eprintln!, which libtest hides when the test passes.
            let _ = writeln!(
                io::stderr(),
                "DIFFERS: {} {}: {seen} with {head}, {there} with {}",
                line.callback,
                line.fate.name(),
                old.header[column]
            );
        }
    }
}
