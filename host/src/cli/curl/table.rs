//! The one table of curl's options: a row says an option's names, what it takes, what it is for, and what it sets.
//! Parsing and help come from it. The rows stand by what they are about in the files beside.

use super::CurlArgs;
use super::given::Given;
use super::{authentication, connection, lacks, output, request, security};

/// One of curl's options.
pub(in crate::cli) struct Flag {
    /// Its name, without the hyphens.
    pub(in crate::cli) long: &'static str,
    /// Its letter.
    pub(in crate::cli) short: Option<char>,
    /// What it takes, and what becomes of it.
    pub(in crate::cli) takes: Takes,
    /// What it is for, in a few words.
    pub(in crate::cli) help: &'static str,
}

/// What an option takes.
pub(in crate::cli) enum Takes {
    /// Nothing. `--no-` before its name takes it back.
    Switch(fn(&mut CurlArgs, bool)),
    /// Nothing: it is so, unless `--no-` before its name says that it is not.
    Default(fn(&mut CurlArgs, bool)),
    /// Nothing; it cannot be taken back.
    Choice(fn(&mut CurlArgs)),
    /// A value.
    Value {
        /// What it is, for people.
        what: What,
        /// Whether the empty value means something.
        empty: bool,
        /// Reads it.
        set: fn(&mut CurlArgs, Given) -> anyhow::Result<()>,
    },
}

/// A kind of value: the word that stands for it in help, and how a sentence calls it.
#[derive(Clone, Copy)]
pub(in crate::cli) struct What(pub(in crate::cli) &'static str, pub(in crate::cli) &'static str);

pub(super) const FILE: What = What("file", "a file");
pub(super) const SECONDS: What = What("seconds", "seconds, such as 2.5");

/// A row that is given or not.
pub(super) const fn switch(
    long: &'static str,
    short: Option<char>,
    help: &'static str,
    set: fn(&mut CurlArgs, bool),
) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Switch(set),
        help,
    }
}

/// A row of what is so, unless it is taken back; its help is of that.
pub(super) const fn default(long: &'static str, help: &'static str, set: fn(&mut CurlArgs, bool)) -> Flag {
    Flag {
        long,
        short: None,
        takes: Takes::Default(set),
        help,
    }
}

/// A row that chooses one of several.
pub(super) const fn choice(
    long: &'static str,
    short: Option<char>,
    help: &'static str,
    set: fn(&mut CurlArgs),
) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Choice(set),
        help,
    }
}

/// A row with a value.
pub(super) const fn value(
    long: &'static str,
    short: Option<char>,
    what: What,
    help: &'static str,
    set: fn(&mut CurlArgs, Given) -> anyhow::Result<()>,
) -> Flag {
    with_value(long, short, what, false, help, set)
}

/// A row with a value that may be empty.
pub(super) const fn any_value(
    long: &'static str,
    short: Option<char>,
    what: What,
    help: &'static str,
    set: fn(&mut CurlArgs, Given) -> anyhow::Result<()>,
) -> Flag {
    with_value(long, short, what, true, help, set)
}

const fn with_value(
    long: &'static str,
    short: Option<char>,
    what: What,
    empty: bool,
    help: &'static str,
    set: fn(&mut CurlArgs, Given) -> anyhow::Result<()>,
) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Value { what, empty, set },
        help,
    }
}

/// All rows, by what they are about.
const GROUPS: &[(&str, &[Flag])] = &[
    ("What is asked for", request::ROWS),
    ("Where it goes, and what is said", output::ROWS),
    ("Who asks", authentication::ROWS),
    ("Whom it reaches", connection::ROWS),
    ("Who may answer", security::ROWS),
];

/// Every row.
pub(in crate::cli) fn rows() -> impl Iterator<Item = &'static Flag> {
    GROUPS.iter().flat_map(|(_, rows)| rows.iter())
}

/// The row of this long name.
pub(super) fn by_name(name: &str) -> Option<&'static Flag> {
    rows().find(|flag| flag.long == name)
}

/// The row of this letter.
pub(super) fn by_letter(letter: char) -> Option<&'static Flag> {
    rows().find(|flag| flag.short == Some(letter))
}

/// Whether curl has an option of this name, or of this letter.
pub(in crate::cli) fn is_curls(option: &str) -> bool {
    match option.strip_prefix("--") {
        Some(name) => by_name(name).is_some() || lacks::LONG.contains(&name),
        None => option
            .strip_prefix('-')
            .and_then(|letters| letters.chars().next())
            .is_some_and(|letter| by_letter(letter).is_some() || lacks::SHORT.contains(letter)),
    }
}

/// The table for people: a line for each row, as `curl --help all` has them.
pub(in crate::cli) fn help() -> String {
    let width = rows().map(|flag| flag.names().len()).max().unwrap_or(0);
    let mut text = String::new();
    for (about, rows) in GROUPS {
        text.push_str(&format!("\n{about}:\n"));
        for flag in *rows {
            text.push_str(&format!("  {:<width$}  {}\n", flag.names(), flag.help));
        }
    }
    text
}

impl Flag {
    /// `-o, --output <file>`.
    pub(in crate::cli) fn names(&self) -> String {
        let short = self.short.map_or("    ".to_owned(), |letter| format!("-{letter}, "));
        match &self.takes {
            Takes::Value { what, .. } => format!("{short}--{} <{}>", self.long, what.0),
            Takes::Default(_) => format!("{short}--no-{}", self.long),
            _ => format!("{short}--{}", self.long),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_stands_once() {
        let mut names: Vec<&str> = rows().map(|flag| flag.long).collect();
        names.extend(lacks::LONG);
        let mut letters: Vec<char> = rows().filter_map(|flag| flag.short).collect();
        letters.extend(lacks::SHORT.chars());
        let (all, all_letters) = (names.len(), letters.len());
        names.sort_unstable();
        names.dedup();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!((names.len(), letters.len()), (all, all_letters));
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        for name in names {
            assert!(!name.is_empty() && name.chars().all(letter), "{name:?}");
        }
    }
}
