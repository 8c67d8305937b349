//! The command `transferhost`.

fn main() -> std::process::ExitCode {
    transferhost::cli::main()
}
