//! What `batch` is told.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(in crate::cli) struct Batch {
    /// Policies, tenants, quotas and all else, from a TOML file [default: the policy tenant for everybody].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) policy_file: Option<PathBuf>,
    /// Write outcomes to this file in place of standard output.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) outcome: Option<PathBuf>,
    /// Leave out the jobs that have their outcome in this file; with --outcome of the same file, go on writing there.
    #[arg(long, value_name = "DONE.jsonl")]
    pub(in crate::cli) resume: Option<PathBuf>,
    /// Serve metrics to Prometheus at this address, such as 127.0.0.1:9464; whoever reaches it may read them.
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) metrics: Option<std::net::SocketAddr>,
    /// Write a line of JSON to this file for each phase of each transfer, as it ends.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) trace: Option<PathBuf>,
    /// Give up, before anything is transferred, what transfers do not need; what this machine lacks of it is an error
    /// [default: with the policy tenant, as far as this machine has it].
    #[arg(long)]
    pub(in crate::cli) harden: bool,
    /// Give up nothing.
    #[arg(long, conflicts_with = "harden")]
    pub(in crate::cli) no_harden: bool,
    /// Say on stderr, of each job, by which rule an address was denied, and what its plugin prints.
    #[arg(short, long)]
    pub(in crate::cli) verbose: bool,
    /// The jobs, a JSON object a line; `-` is standard input.
    #[arg(value_name = "JOBS.jsonl")]
    pub(in crate::cli) jobs: PathBuf,
}
