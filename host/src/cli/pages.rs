//! `completions`, from the definition that `--help` is made of, curl's options from their table. `manual` has the pages
//! that `man` reads, from the same.

use std::io::Write as _;

use anyhow::Context as _;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;

use super::args::Cli;
use super::curl::table::{self, Flag, Takes};
use super::manual;

/// Writes a shell's completions to stdout.
pub(super) fn completions(shell: Shell) -> anyhow::Result<u8> {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut whole(), "transferhost", &mut page);
    print(&page)
}

/// Writes a page to stdout.
pub(super) fn print(page: &[u8]) -> anyhow::Result<u8> {
    std::io::stdout().write_all(page).context("standard output")?;
    Ok(0)
}

/// Everything that may stand on the command line: curl's options among `run`'s own, and the names of the manual's pages.
pub(super) fn whole() -> Command {
    let pages = PossibleValuesParser::new(manual::names(&Cli::command()));
    Cli::command()
        .mut_subcommand("run", |run| run.args(table::rows().map(argument)))
        .mut_subcommand("man", |man| man.mut_arg("of", |of| of.value_parser(pages)))
}

fn argument(flag: &'static Flag) -> Arg {
    let argument = Arg::new(flag.long)
        .help(flag.help)
        .help_heading("Curl's options, after the plugin");
    let argument = match flag.short {
        Some(letter) => argument.short(letter),
        None => argument,
    };
    match &flag.takes {
        Takes::Value { what, .. } => {
            let hint = match what.0 {
                "file" | "path" => ValueHint::FilePath,
                "folder" => ValueHint::DirPath,
                "url" => ValueHint::Url,
                _ => ValueHint::Other,
            };
            argument
                .long(flag.long)
                .value_name(what.0)
                .value_hint(hint)
                .action(ArgAction::Append)
        }
        Takes::Default(_) => argument.long(format!("no-{}", flag.long)).action(ArgAction::SetTrue),
        Takes::Switch(_) | Takes::Choice(_) => argument.long(flag.long).action(ArgAction::SetTrue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_twice() {
        whole().debug_assert();
    }
}
