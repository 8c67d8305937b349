//! Tables of the documentation that tests write from what they observed.
//!
//! A document holds them between `<!-- generated: NAME -->` and `<!-- end: NAME -->`; what stands around is written by
//! hand. A table that differs is written anew, so that `git diff` shows it; under CI the test fails as well.

use std::fmt::{self, Display};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::root;

/// Sections of one document may be written by tests that run side by side.
static WRITING: Mutex<()> = Mutex::new(());

/// A Markdown table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The head of each column.
    pub header: Vec<String>,
    /// The rows, with a cell for each column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<T: Into<String>>(header: impl IntoIterator<Item = T>) -> Self {
        Self {
            header: header.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// One more row.
    ///
    /// # Panics
    /// When it has not a cell for each column.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let row: Vec<String> = cells.into_iter().map(Into::into).collect();
        assert_eq!(row.len(), self.header.len(), "a row of the table: {row:?}");
        self.rows.push(row);
    }

    /// The table of this text; `None` where there is none, or a row has other columns than the header.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| line.starts_with('|'));
        let header = cells(lines.next()?);
        let rows: Vec<_> = lines.skip(1).map(cells).collect();
        let even = rows.iter().all(|row| row.len() == header.len());
        even.then_some(Self { header, rows })
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |cells: &[String]| {
            let cells = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " "));
            cells.fold("|".to_owned(), |line, cell| line + " " + &cell + " |")
        };
        writeln!(f, "{}", line(&self.header))?;
        writeln!(f, "|{}", "---|".repeat(self.header.len()))?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{}", line(row)))
    }
}

/// The cells of a line.
fn cells(line: &str) -> Vec<String> {
    let bare = line.trim().trim_start_matches('|').replace("\\|", "\u{0}");
    let bare = bare.strip_suffix('|').unwrap_or(&bare);
    let cells = bare.split('|').map(|cell| cell.trim().replace('\u{0}', "|"));
    cells.collect()
}

/// Text as code in Markdown, whatever backticks it holds.
pub fn code(text: &str) -> String {
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

/// A section of a document that a test writes.
pub struct Section {
    path: PathBuf,
    name: &'static str,
}

impl Section {
    /// The section of this name in a document of `docs`.
    pub fn of(document: &str, name: &'static str) -> Self {
        Self {
            path: root().join("docs").join(document),
            name,
        }
    }

    /// What it holds now.
    ///
    /// # Panics
    /// When the document is not there or has no such section.
    pub fn read(&self) -> String {
        let document = self.document();
        let (from, to) = self.span(&document);
        document[from..to].to_owned()
    }

    /// Makes it hold this, where it does not.
    ///
    /// # Errors
    /// Under CI, with what differed: there a document must be right already.
    ///
    /// # Panics
    /// As [`Section::read`], and when the document cannot be written.
    pub fn settle(&self, text: impl Display) -> Result<(), String> {
        self.settle_as(
            &text.to_string(),
            std::env::var_os("CI").is_some_and(|it| !it.is_empty()),
        )
    }

    fn settle_as(&self, text: &str, strict: bool) -> Result<(), String> {
        let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let document = self.document();
        let (from, to) = self.span(&document);
        let (old, new) = (&document[from..to], format!("\n{}\n\n", text.trim()));
        if old == new {
            return Ok(());
        }
        let written = format!("{}{new}{}", &document[..from], &document[to..]);
        fs::write(&self.path, written).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
        if !strict {
            return Ok(());
        }
        Err(format!(
            "{}, {}: this is not what was observed. It is written anew; read what differs, then commit.\n{}",
            name(&self.path),
            self.name,
            difference(old, &new)
        ))
    }

    fn document(&self) -> String {
        fs::read_to_string(&self.path).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }

    /// From behind the first marker's line to the second.
    fn span(&self, document: &str) -> (usize, usize) {
        let (begin, end) = (
            format!("<!-- generated: {} -->\n", self.name),
            format!("<!-- end: {} -->", self.name),
        );
        let found = document.find(&begin).map(|at| at + begin.len());
        let found = found.and_then(|from| Some((from, from + document[from..].find(&end)?)));
        found.unwrap_or_else(|| panic!("{} has no section {}", self.path.display(), self.name))
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The lines that only one of the two has.
fn difference(old: &str, new: &str) -> String {
    let only = |mark: char, of: &str, than: &str| {
        let lines = of.lines().filter(|line| !than.lines().any(|other| other == *line));
        lines.map(|line| format!("{mark} {line}\n")).collect::<String>()
    };
    let lines = only('-', old, new) + &only('+', new, old);
    if lines.is_empty() {
        "the order of its lines, or an empty line\n".to_owned()
    } else {
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["a", "b"]);
        table.row(["1", "curl|tenant"]);
        table.row(["", "`x`"]);
        table
    }

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let text = table().to_string();
        assert_eq!(text, "| a | b |\n|---|---|\n| 1 | curl\\|tenant |\n|  | `x` |\n");
        assert_eq!(Table::parse(&text), Some(table()));
        assert_eq!(Table::parse("no table"), None);
        assert_eq!(Table::parse("| a |\n|---|\n| 1 | 2 |"), None);
    }

    #[test]
    fn a_section_is_written_and_under_ci_said() {
        let folder = tempfile::tempdir().unwrap();
        let section = Section {
            path: folder.path().join("doc.md"),
            name: "things",
        };
        let around = |what: &str| format!("# Things\n<!-- generated: things -->\n{what}<!-- end: things -->\nmore\n");
        fs::write(&section.path, around("")).unwrap();
        let read = || fs::read_to_string(&section.path).unwrap();

        assert_eq!(section.settle_as("one", false), Ok(()));
        assert_eq!(read(), around("\none\n\n"));
        assert_eq!(section.read(), "\none\n\n");
        assert_eq!(section.settle_as("one", true), Ok(()));
        let told = section.settle_as("two", true).unwrap_err();
        assert!(
            told.contains("doc.md, things") && told.ends_with("- one\n+ two\n"),
            "{told}"
        );
        assert_eq!(read(), around("\ntwo\n\n"));
        assert_eq!(section.settle_as("two", true), Ok(()));
    }
}
