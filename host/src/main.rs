//! The command `transferhost`.

fn main() -> std::process::ExitCode {
    transferhost::Loader::main().unwrap_or_else(transferhost::cli::main)
}
