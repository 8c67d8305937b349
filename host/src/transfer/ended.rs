//! Why a transfer was ended, as it is kept until the outcome is written.

use super::guests::Who;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::guest::Failure;
use crate::limits::Limit;

/// A cause, and where it arose.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    /// The callback, where one was running.
    pub(super) callback: Option<Callback>,
    /// What it was about, such as an address; safe to print.
    pub(super) subject: Option<String>,
    /// The limit of the policy that was reached, where it was one.
    pub(super) over: Option<Limit>,
    /// Whose plugin it names.
    pub(super) by: Who,
    pub(super) failure: Failure,
}

impl Ended {
    pub(super) fn new(callback: impl Into<Option<Callback>>, failure: Failure) -> Ended {
        Ended {
            callback: callback.into(),
            subject: None,
            over: None,
            by: Who::default(),
            failure,
        }
    }

    /// A cause with words.
    pub(super) fn because(callback: impl Into<Option<Callback>>, cause: Cause, reason: impl Into<String>) -> Ended {
        Ended::new(
            callback,
            Failure {
                reason: Some(reason.into()),
                ..Failure::of(cause)
            },
        )
    }

    /// Whose doing it was.
    pub(super) fn by(self, who: Who) -> Ended {
        Ended { by: who, ..self }
    }

    /// What it was about.
    pub(super) fn about(self, subject: impl ToString) -> Ended {
        Ended {
            subject: Some(subject.to_string()),
            ..self
        }
    }
}
