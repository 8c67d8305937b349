//! `completions` and `man`: from the definition that `--help` is made of, curl's options from their table.

use std::io::Write as _;

use anyhow::{Context as _, anyhow};
use clap::{Arg, ArgAction, Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;

use super::args::Cli;
use super::curl::table::{self, Flag, Takes};

/// Writes a shell's completions to stdout.
pub(super) fn completions(shell: Shell) -> anyhow::Result<u8> {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut whole(), "transferhost", &mut page);
    print(&page)
}

/// Writes a manual page to stdout, that of all or that of one subcommand.
pub(super) fn man(of: Option<&str>) -> anyhow::Result<u8> {
    let mut command = whole();
    command.build();
    let command = match of {
        None => command,
        Some(name) => {
            let found = command.find_subcommand(name).cloned();
            let found = found.ok_or_else(|| {
                let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
                anyhow!(
                    "man {}: there is no such subcommand, only {}",
                    crate::escape::escape(name),
                    names.join(", ")
                )
            })?;
            found.name(format!("transferhost-{name}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    print(&page)
}

fn print(page: &[u8]) -> anyhow::Result<u8> {
    std::io::stdout().write_all(page).context("standard output")?;
    Ok(0)
}

/// Everything that may stand on the command line, curl's options among `run`'s own.
fn whole() -> Command {
    Cli::command().mut_subcommand("run", |run| run.args(table::rows().map(argument)))
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
