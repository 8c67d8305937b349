//! The command line: `args` and `curl` read it, a file a subcommand carries it out.

mod args;
pub(crate) mod batch;
mod cache;
#[cfg(feature = "codegen")]
mod componentize;
mod curl;
mod harden;
mod inspect;
mod interrupt;
mod manual;
#[cfg(feature = "codegen")]
mod new;
mod one;
mod output;
mod pages;
mod policy;
mod progress;
mod retry;
mod run;
mod trace_ascii;
#[cfg(feature = "codegen")]
mod whole;
mod wit;
mod write_out;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Parser as _;

/// Ends with this exit code, having said why. Other errors are usage errors: 2, as curl's CURLE_FAILED_INIT.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Exit {
    code: u8,
    text: String,
}

/// CURLE_WRITE_ERROR, as where a body's reader is gone.
const BROKEN_PIPE: u8 = 23;

/// Reads the command line and carries it out.
pub fn main() -> ExitCode {
    // A file that may grow no more (RLIMIT_FSIZE) is an error where it is written, as a full disk is, and no end of the process.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    let (ours, curl) = args::split(std::env::args_os());
    let done = match args::Cli::try_parse_from(ours) {
        Ok(cli) => match cli.command {
            args::Command::Run(arguments) => run::run(*arguments, curl),
            args::Command::Batch(arguments) => batch::batch(&arguments),
            args::Command::Inspect(arguments) => inspect::inspect(&arguments),
            args::Command::Policy(command) => policy::policy(&command),
            args::Command::Completions { shell } => pages::completions(shell),
            args::Command::Man { of } => manual::man(of.as_deref()),
            args::Command::Wit => wit::wit(),
            #[cfg(feature = "codegen")]
            args::Command::New(arguments) => new::new(&arguments),
            #[cfg(feature = "codegen")]
            args::Command::Bindings(arguments) => new::bindings(&arguments),
            #[cfg(feature = "codegen")]
            args::Command::Componentize(arguments) => componentize::componentize(&arguments),
        },
        Err(error) if error.use_stderr() => Err(anyhow::anyhow!(args::sentence(&error))),
        // `--help` and `--version`.
        Err(text) => text.print().map(|()| 0).map_err(anyhow::Error::from),
    };
    let code = done.unwrap_or_else(|error| {
        // Whoever closed the pipe has read enough.
        if error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
        {
            return BROKEN_PIPE;
        }
        say(&format!("{error:#}"));
        error.downcast_ref::<Exit>().map_or(2, |exit| exit.code)
    });
    ExitCode::from(code)
}

/// One line on stderr, with the program's name; where stderr is closed there is nobody to tell.
fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "transferhost: {text}");
}
