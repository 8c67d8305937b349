//! Our own options: what stands before the plugin.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use super::batch::Batch;
use super::curl::table;
#[cfg(feature = "codegen")]
use crate::callback::Callback;
use crate::curl::LibcurlVersion;
use crate::tenant::policy::PolicyKind;

/// libcurl moves the bytes; a sandboxed WebAssembly component decides.
#[derive(Debug, Parser)]
#[command(name = "transferhost", version = version(), long_version = long_version(), max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Fetch a URL as curl does, with a plugin deciding.
    ///
    /// What stands before PLUGIN is transferhost's own, what stands after it is curl's, by curl's names. The exit code
    /// is curl's.
    Run(Box<Run>),
    /// Run the transfers of many tenants, a job a line, and write an outcome for each.
    ///
    /// docs/batch.md says what a job and an outcome are. The exit code is 0 when each line has its outcome, whatever that is.
    Batch(Batch),
    /// Show what a plugin exports and imports, without a transfer.
    Inspect(Inspect),
    /// Ask a policy about addresses, without dialling them.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Print the WIT package that plugins are written against, as one file.
    Wit,
    /// Print a shell's completions.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print a manual page.
    Man {
        /// Of this subcommand alone, such as `run` or `policy-check`.
        #[arg(value_name = "SUBCOMMAND")]
        of: Option<String>,
    },
    /// Write a small project that builds, runs and passes its own test at once.
    #[cfg(feature = "codegen")]
    New(New),
    /// Write the bindings of a world for a plugin in TinyGo or Go, as `new` does.
    #[cfg(feature = "codegen")]
    Bindings(Bindings),
    /// Make a component of the core module that TinyGo or Go made.
    #[cfg(feature = "codegen")]
    Componentize(Componentize),
}

#[cfg(feature = "codegen")]
#[derive(Args, Debug)]
pub(super) struct New {
    /// Where it is written; its last part is the plugin's name. Nothing may be there yet.
    #[arg(value_name = "NAME")]
    pub(super) path: PathBuf,
    /// The language that it is written in.
    #[arg(long, value_enum)]
    pub(super) lang: Language,
    #[arg(
        long,
        value_name = "CALLBACKS",
        value_delimiter = ',',
        required = true,
        help = format!("The callbacks that it decides, with commas between: {}", Callback::ALL.map(Callback::name).join(", "))
    )]
    pub(super) callback: Vec<String>,
}

#[cfg(feature = "codegen")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// Rust, with the target wasm32-wasip2.
    Rust,
    /// TinyGo: the smallest and quickest plugins in Go.
    Tinygo,
    /// Standard Go: larger, and all of the language.
    Go,
}

#[cfg(feature = "codegen")]
#[derive(Args, Debug)]
pub(super) struct Bindings {
    /// The folder of the WIT package, or its file.
    #[arg(long, value_name = "DIR")]
    pub(super) wit: PathBuf,
    /// The world in it.
    #[arg(long, value_name = "NAME")]
    pub(super) world: String,
    /// The import path of the Go package that holds the callbacks.
    #[arg(long, value_name = "IMPORT PATH")]
    pub(super) package: String,
    /// That package's folder `bindings`: what is there of an earlier run is replaced.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
}

#[cfg(feature = "codegen")]
#[derive(Args, Debug)]
pub(super) struct Componentize {
    /// The core module.
    #[arg(value_name = "CORE.wasm")]
    pub(super) core: PathBuf,
    /// The folder of the WIT package, or its file.
    #[arg(long, value_name = "DIR")]
    pub(super) wit: PathBuf,
    /// The world in it that the module was made for.
    #[arg(long, value_name = "NAME")]
    pub(super) world: String,
    /// Where the component is written.
    #[arg(short, long, value_name = "PLUGIN.wasm")]
    pub(super) output: PathBuf,
}

/// Command lines of `run`, for its help and its manual page.
pub(super) const EXAMPLES: [&str; 3] = [
    "transferhost run ssrf_guard.wasm https://example.com/ -o page.html",
    "transferhost run --set word=secret redactor.wasm -sS http://127.0.0.1:8080/",
    "transferhost run --policy tenant --outcome - --no-plugin https://example.com/",
];

/// What `run --help` says of curl's options.
fn curls() -> String {
    let (table, examples) = (table::help(), EXAMPLES.join("\n  "));
    format!(
        "Curl's options that are supported, after the plugin; they mean what curl's manual says, and --no- before a \
         switch's name takes it back:\n{table}\nExamples:\n  {examples}"
    )
}

/// Ours before the plugin, curl's after it.
const USAGE: &str = "transferhost run [OPTIONS] PLUGIN [CURL'S OPTIONS] URL...
       transferhost run [OPTIONS] --no-plugin [CURL'S OPTIONS] URL...";

#[derive(Args, Debug)]
#[command(after_help = curls(), override_usage = USAGE)]
pub(super) struct Run {
    /// Fuel of one call of the plugin, about one for each instruction [default: 50000000; tenant: 20000000].
    #[arg(long, value_name = "FUEL")]
    pub(super) fuel: Option<String>,
    /// Fuel of the transfer, before the 1000 (tenant: 500) that each byte of its body adds [default: 10000000000;
    /// tenant: 1000000000].
    #[arg(long, value_name = "FUEL")]
    pub(super) fuel_total: Option<String>,
    /// Wall clock of one call, such as 10ms or 2s [default: 1s; tenant: 10ms].
    #[arg(long, value_name = "TIME")]
    pub(super) call_time: Option<String>,
    /// All memories of the plugin together, such as 64MiB [default: 128MiB; tenant: 16MiB].
    #[arg(long, value_name = "SIZE")]
    pub(super) memory: Option<String>,
    /// Any other limit, by its key in docs/limits.md.
    #[arg(long = "limit", value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) limits: Vec<(String, String)>,
    /// What the plugin reads through wasi:config/store.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) config: Vec<(String, String)>,
    /// A plugin of the operator's that is asked before the other in every callback; its limits are the same.
    #[arg(long, value_name = "PLUGIN")]
    pub(super) operator: Option<PathBuf>,
    /// What that plugin reads through wasi:config/store.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, requires = "operator")]
    pub(super) operator_set: Vec<(String, String)>,
    /// Leave this callback to libcurl, though the plugin exports it. The operator's plugin keeps it.
    #[arg(long, value_name = "CALLBACK")]
    pub(super) without: Vec<String>,
    /// The size that is announced of an upload that the plugin's `read` sends, such as 5MiB; without it HTTP/1.1 sends it
    /// chunked.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) upload_size: Option<u64>,
    /// What the host itself refuses: `curl` nothing, `tenant` all that is not public [default: curl].
    #[arg(long, value_enum)]
    pub(super) policy: Option<PolicyName>,
    /// A policy from a TOML file, as docs/policy.md has it.
    #[arg(long, value_name = "FILE")]
    pub(super) policy_file: Option<PathBuf>,
    /// Give up, before anything is transferred, what a transfer does not need: SECURITY.md has it. What this machine lacks
    /// of it is an error [default: with the policy tenant, as far as this machine has it].
    #[arg(long)]
    pub(super) harden: bool,
    /// Give up nothing.
    #[arg(long, conflicts_with = "harden")]
    pub(super) no_harden: bool,
    /// Write how the transfer ended, as a line of JSON, to this file; `-` is stderr.
    #[arg(long, value_name = "FILE")]
    pub(super) outcome: Option<PathBuf>,
    /// Print a line for each call of the plugin, to stderr.
    #[arg(long)]
    pub(super) trace_calls: bool,
    /// The same transfer without a plugin; what follows is curl's.
    #[arg(long)]
    pub(super) no_plugin: bool,
    /// The plugin's file, then curl's options and the URL.
    #[arg(value_name = "PLUGIN [CURL'S OPTIONS] URL", trailing_var_arg = true)]
    pub(super) rest: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(super) struct Inspect {
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// The plugin's file.
    #[arg(value_name = "PLUGIN")]
    pub(super) plugin: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Say of each address whether it may be dialled, and by which rule. The exit code is 1 where one may not.
    Check(Check),
}

#[derive(Args, Debug)]
pub(super) struct Check {
    /// Which policy is asked [default: the file's, else tenant].
    #[arg(long, value_enum)]
    pub(super) policy: Option<PolicyName>,
    /// A policy from a TOML file, as docs/policy.md has it.
    #[arg(long, value_name = "FILE")]
    pub(super) policy_file: Option<PathBuf>,
    /// The policy of this tenant of the file, as a batch has it.
    #[arg(long, value_name = "NAME", requires = "policy_file")]
    pub(super) tenant: Option<String>,
    /// As JSON, a line for each address.
    #[arg(long)]
    pub(super) json: bool,
    /// `IP`, `IP:PORT`, `[IPv6]:PORT` or `unix:PATH`. An IP without a port is judged on the first that the policy opens.
    #[arg(value_name = "ADDRESS", required = true)]
    pub(super) addresses: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum PolicyName {
    /// curl's own defaults, on one's own machine.
    Curl,
    /// For strangers' plugins and URLs: public addresses, ports 80 and 443, http and https, no proxy.
    Tenant,
}

impl From<PolicyName> for PolicyKind {
    fn from(name: PolicyName) -> PolicyKind {
        match name {
            PolicyName::Curl => PolicyKind::Curl,
            PolicyName::Tenant => PolicyKind::Tenant,
        }
    }
}

fn size(text: &str) -> Result<u64, String> {
    parse_size::parse_size(text).map_err(|_| "write a number of bytes, such as 5MiB".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

/// `--version`'s first line, without the program's name.
pub(super) fn version() -> String {
    let libcurl = LibcurlVersion::get();
    let origin = if libcurl.bundled { "bundled" } else { "the system's" };
    format!(
        "{} (libcurl {} {origin}, {})",
        env!("CARGO_PKG_VERSION"),
        libcurl.version,
        libcurl.tls
    )
}

/// What this libcurl can do, as curl's own --version has it.
fn long_version() -> String {
    let libcurl = LibcurlVersion::get();
    let (protocols, features) = (libcurl.protocols.join(" "), libcurl.features.join(" "));
    format!("{}\nProtocols: {protocols}\nFeatures: {features}", version())
}

/// Cuts the command line behind `--no-plugin`: what follows it is curl's, hyphens and all, which clap would take for
/// ours.
pub(super) fn split(arguments: impl Iterator<Item = OsString>) -> (Vec<OsString>, Vec<OsString>) {
    let arguments: Vec<OsString> = arguments.collect();
    let is = |at: usize, word: &str| arguments.get(at).is_some_and(|argument| argument == word);
    let mut at = 2;
    while is(1, "run") && at < arguments.len() {
        if is(at, "--no-plugin") {
            return (arguments[..=at].to_vec(), arguments[at + 1..].to_vec());
        }
        match arguments[at].to_str() {
            Some(option) if takes_value(option) => at += 2,
            Some(option) if option.starts_with('-') => at += 1,
            // The plugin: clap leaves what follows it alone.
            _ => break,
        }
    }
    (arguments, Vec::new())
}

/// Asks about `run`'s option of this long name, where there is one.
fn own_option(name: &str, ask: impl Fn(&clap::Arg) -> bool) -> bool {
    let command = Cli::command();
    let run = command.find_subcommand("run");
    run.and_then(|run| run.get_arguments().find(|argument| argument.get_long() == Some(name)))
        .is_some_and(ask)
}

fn takes_value(option: &str) -> bool {
    let name = option.strip_prefix("--");
    name.is_some_and(|name| own_option(name, |argument| argument.get_action().takes_values()))
}

/// Whether `run` has an option of this name.
pub(super) fn is_ours(name: &str) -> bool {
    own_option(name, |_| true)
}

/// clap's several lines, as one sentence.
pub(super) fn sentence(error: &clap::Error) -> String {
    let unknown = error.get(clap::error::ContextKind::InvalidArg).map(ToString::to_string);
    if let Some(option) =
        unknown.filter(|option| error.kind() == clap::error::ErrorKind::UnknownArgument && table::is_curls(option))
    {
        return format!("{option} is curl's: write it after the plugin");
    }
    let text = error.render().to_string();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:"))
        .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
        // Whoever followed it would name an option as the plugin.
        .filter(|line| !line.starts_with("tip: to pass"))
        .collect();
    // A heading and what stands beneath it are one clause.
    let text = lines.join("; ").replace(":; ", ": ");
    match text.strip_prefix("error: ") {
        Some(text) => text.to_owned(),
        // No subcommand: clap answers with the whole help.
        None => {
            let command = Cli::command();
            let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            format!(
                "say what to do, one of {}; `transferhost --help` explains",
                names.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(line: &str) -> (usize, Vec<String>) {
        let (ours, curl) = split(line.split_whitespace().map(OsString::from));
        (
            ours.len(),
            curl.into_iter().map(|word| word.into_string().unwrap()).collect(),
        )
    }

    #[test]
    fn what_follows_no_plugin_is_curls() {
        assert_eq!(
            cut("transferhost run --no-plugin -s URL"),
            (3, vec!["-s".to_owned(), "URL".to_owned()])
        );
        assert_eq!(cut("transferhost run --fuel 7 --no-plugin -o --no-plugin URL").0, 5);
        assert_eq!(cut("transferhost run --set --no-plugin p.wasm URL").0, 6);
        assert_eq!(cut("transferhost run p.wasm --no-plugin URL"), (5, Vec::new()));
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
