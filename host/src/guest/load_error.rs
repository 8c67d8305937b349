//! Why a plugin is not loaded, in a sentence and as a cause.

use super::WIT_VERSION;
use super::checks::shown;
use super::verdict::Failure;
use crate::cause::Cause;
use crate::escape::quote;
use crate::limits::{Limit, Unit};
use crate::loader::Failure as Failed;

/// Why a file is no plugin that this host can use. Every text is one sentence, with the file's name in front.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{plugin}: {error}")]
    Read {
        /// The file.
        plugin: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is no component, or one that this host must not use.
    #[error("{plugin}: {what}")]
    Refused {
        /// The file.
        plugin: String,
        /// What is wrong and what would help.
        what: String,
    },
    /// Its tenant has as many plugins as it may.
    #[error("{plugin}: its tenant has {most} plugins, as many as its quota `plugins` allows")]
    Quota {
        /// The file.
        plugin: String,
        /// The quota.
        most: u64,
    },
    /// Loading it reached a limit, or the process that loads it ended.
    #[error("{plugin}: {what}")]
    Loading {
        /// The file.
        plugin: String,
        /// What happened.
        what: String,
        /// The cause.
        cause: Cause,
        /// The limit that was reached, in its own unit.
        limit: Option<u64>,
        /// What was used of it.
        used: Option<u64>,
    },
    /// The component failed when it was tried.
    #[error("{plugin}: {what}")]
    Trial {
        /// The file.
        plugin: String,
        /// What happened.
        what: String,
        /// The cause.
        cause: Cause,
        /// The limit that was reached, in its own unit.
        limit: Option<u64>,
        /// What was used of it.
        used: Option<u64>,
    },
}

impl LoadError {
    /// Why the plugin of this name was not loaded.
    pub(crate) fn of_loading(plugin: &str, failure: Failed) -> LoadError {
        let loading = |what: String, cause: Cause, limit: Option<u64>, used: Option<u64>| LoadError::Loading {
            plugin: plugin.to_owned(),
            what,
            cause,
            limit,
            used,
        };
        match failure {
            Failed::Refused(what) => LoadError::Refused {
                plugin: plugin.to_owned(),
                what,
            },
            Failed::Limit {
                limit: limit @ (Limit::Memory | Limit::TableElements),
                value,
                used,
            } => {
                let cause = match limit {
                    Limit::Memory => Cause::Memory,
                    _ => Cause::Table,
                };
                let failure = Failure {
                    limit: Some(value),
                    used,
                    ..Failure::of(cause)
                };
                LoadError::of_trial(plugin, &failure)
            }
            Failed::Limit { limit, value, used } => {
                let (what, cause) = match limit {
                    Limit::LoadProcessorTime => ("processor time", Cause::Deadline),
                    Limit::LoadTime => ("wall clock", Cause::Deadline),
                    Limit::LoadCode => ("compiled code", Cause::Memory),
                    // No other limit is reached while a plugin is compiled.
                    _ => ("memory", Cause::Memory),
                };
                let unit = match limit.row().unit {
                    Unit::Milliseconds => "ms",
                    _ => "bytes",
                };
                let key = limit.row().key;
                let what = format!("loading it takes more than {value} {unit} of {what} (raise with --limit {key})");
                loading(what, cause, Some(value), used)
            }
            Failed::Killed => {
                let what = "the process that loads it was killed, and again when it was tried once more";
                loading(what.to_owned(), Cause::System, None, None)
            }
            Failed::Lost => {
                let what = "the helper that loads plugins has ended, and again when it was started once more";
                loading(what.to_owned(), Cause::System, None, None)
            }
            Failed::Silent => {
                let what = "the helper that loads plugins does not answer; another one takes its place";
                loading(what.to_owned(), Cause::System, None, None)
            }
            Failed::Crashed(how) => {
                let what =
                    format!("the process that loads it crashed ({how}): this plugin meets a fault of the compiler");
                loading(what, Cause::HostPanic, None, None)
            }
            Failed::System(why) => loading(why, Cause::System, None, None),
        }
    }

    /// Why no guest of the plugin of this name could be made.
    pub(super) fn of_trial(plugin: &str, failure: &Failure) -> LoadError {
        let what = match failure.cause {
            Cause::BadReturn => format!(
                "an export has not the type that transferhost:callbacks@{WIT_VERSION} gives it: {}",
                failure.reason.as_deref().map(shown).unwrap_or_default()
            ),
            cause => {
                let reason = failure.reason.as_deref().map(|reason| format!(", {}", quote(reason)));
                let limit = failure
                    .limit
                    .map(|limit| format!(" (limit {limit}{})", cause.raised_when_made()));
                format!(
                    "it failed when it was instantiated: {cause}{}{}",
                    limit.unwrap_or_default(),
                    reason.unwrap_or_default()
                )
            }
        };
        LoadError::Trial {
            plugin: plugin.to_owned(),
            what,
            cause: failure.cause,
            limit: failure.limit,
            used: failure.used,
        }
    }
}
