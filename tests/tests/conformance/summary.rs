//! The short tables, a row a callback: the guide's, which is written, and README.md's, which is compared.

use std::fs;

use transferhost::Callback;
use transferhost_tests::root;
use transferhost_tests::table::{Section, Table, code};

use crate::interfaces::Interfaces;

/// A callback, and the one CURLcode that was seen, whatever ended it.
pub(crate) struct End {
    pub(crate) callback: Callback,
    pub(crate) code: u32,
}

/// Writes the guide's table.
///
/// # Errors
/// Under CI, where it is not what was seen.
pub(crate) fn settle_guide(ends: &[End]) -> Result<(), String> {
    let interfaces = Interfaces::read();
    let mut table = Table::new(["callback", "function", "answers", "an abort, a trap or a limit ends in"]);
    for end in ends {
        table.row([
            code(end.callback.name()),
            code(&interfaces.signature(end.callback)),
            interfaces.answers(end.callback),
            end.code.to_string(),
        ]);
    }
    Section::of("writing-plugins.md", "callbacks").settle(table)
}

/// README.md's table is written by hand, for who reads it has not read the WIT.
///
/// # Errors
/// Where it lacks a callback, has one too many, or another code.
pub(crate) fn check_readme(ends: &[End]) -> Result<(), String> {
    let text = fs::read_to_string(root().join("README.md")).expect("README.md can be read");
    let section = text.split("\n## ").find(|it| it.starts_with("Callbacks\n"));
    let table = section.and_then(Table::parse);
    let table = table.ok_or("README.md has no table below its heading Callbacks")?;
    let mut wrong = Vec::new();
    for end in ends {
        let first = format!("[{}](", code(end.callback.name()));
        let rows = table.rows.iter().filter(|row| row[0].starts_with(&first));
        let shown: Vec<_> = rows.filter_map(|row| row.last()).collect();
        if shown != [&end.code.to_string()] {
            wrong.push(format!(
                "README.md, {}: {} was seen, and it has {shown:?}",
                end.callback, end.code
            ));
        }
    }
    if wrong.is_empty() && table.rows.len() != ends.len() {
        wrong.push("README.md has a callback that no plugin may export".to_owned());
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}
