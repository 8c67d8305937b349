//! Reads curl's options by the table.

use std::ffi::OsString;

use anyhow::{anyhow, bail};
use lexopt::{Arg, Parser, ValueExt as _};

use super::given::Given;
use super::table::{Flag, Takes, by_letter, by_name, rows};
use super::{CurlArgs, lacks};
use crate::cli::args;
use crate::escape::escape;
use crate::suggest;

/// Reads them, in order.
pub(super) fn parse(arguments: Vec<OsString>) -> anyhow::Result<CurlArgs> {
    let mut this = CurlArgs::default();
    let mut parser = Parser::from_args(arguments);
    // To curl `-d=x` is the value `=x`.
    parser.set_short_equals(false);
    while let Some(argument) = parser.next().map_err(|error| anyhow!("curl's options: {error}"))? {
        let (written, row, on) = match argument {
            Arg::Value(url) => {
                this.urls.push(url.string().map_err(|_| anyhow!("a URL is not UTF-8"))?);
                continue;
            }
            Arg::Short(letter) => {
                let row = by_letter(letter).ok_or_else(|| unknown_letter(letter))?;
                (format!("-{letter}"), row, true)
            }
            Arg::Long(name) => {
                let (row, on) = named(name)?;
                (format!("--{name}"), row, on)
            }
        };
        set(&mut this, row, on, written, &mut parser)?;
    }
    Ok(this)
}

fn set(this: &mut CurlArgs, row: &'static Flag, on: bool, written: String, parser: &mut Parser) -> anyhow::Result<()> {
    match &row.takes {
        Takes::Switch(set) | Takes::Default(set) => set(this, on),
        Takes::Choice(set) => set(this),
        Takes::Value { what, empty, set } => {
            let value = parser
                .value()
                .map_err(|_| anyhow!("{written} needs a value: {}", what.1))?;
            if value.is_empty() && !empty {
                bail!("{written} needs a value that is not empty: {}", what.1);
            }
            set(this, Given { flag: written, value })?;
        }
    }
    Ok(())
}

/// The row of this name, or of the one that `no-` takes back.
fn named(name: &str) -> anyhow::Result<(&'static Flag, bool)> {
    if let Some(row) = by_name(name) {
        return Ok((row, true));
    }
    let taken_back = name.strip_prefix("no-").and_then(by_name);
    match taken_back.map(|row| (row, &row.takes)) {
        Some((row, Takes::Switch(_) | Takes::Default(_))) => Ok((row, false)),
        Some((row, _)) => Err(anyhow!("curl has no --{name}: --{} cannot be taken back", row.long)),
        None => Err(unknown_name(name)),
    }
}

fn unknown_letter(letter: char) -> anyhow::Error {
    match letter {
        'h' => return before_the_plugin("help"),
        'V' => return before_the_plugin("version"),
        _ => {}
    }
    if lacks::SHORT.contains(letter) {
        return anyhow!("curl's -{letter} is not supported here");
    }
    anyhow!(
        "neither curl nor transferhost has an option -{}",
        letter.escape_default()
    )
}

fn before_the_plugin(name: &str) -> anyhow::Error {
    let run = if name == "help" { "run " } else { "" };
    anyhow!("what follows the plugin is curl's: `transferhost {run}--{name}` is what you want")
}

fn unknown_name(name: &str) -> anyhow::Error {
    let lacking = |name: &str| lacks::LONG.contains(&name);
    if lacking(name) || name.strip_prefix("no-").is_some_and(lacking) {
        return anyhow!("curl's --{name} is not supported here");
    }
    if name == "help" || name == "version" {
        return before_the_plugin(name);
    }
    if args::is_ours(name) {
        return anyhow!("--{name} is transferhost's own: write it before the plugin");
    }
    let hint = suggest::nearest(name, rows().map(|flag| flag.long)).map(|near| format!("; did you mean --{near}?"));
    anyhow!("curl has no option --{}{}", escape(name), hint.unwrap_or_default())
}
