//! Why a transfer was ended before libcurl would have ended it: one closed list, stable in every outcome.

use serde::{Serialize, Serializer};

/// The cause of an abort. The names are part of the outcome's format and do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The guest's verdict was no, and libcurl had nothing else to try.
    Refused,
    /// The guest aborted, in its own words.
    GuestAbort,
    /// The host's network policy refused.
    Policy,
    /// A call burned its fuel.
    OutOfFuel,
    /// The transfer burned its fuel.
    OutOfFuelTotal,
    /// A call took longer than its time.
    Deadline,
    /// All memories of the guest together would have grown beyond their limit.
    Memory,
    /// A table would have grown beyond its limit, or there were too many.
    Table,
    /// Too many core instances.
    Instances,
    /// Too many resource handles.
    Handles,
    /// The guest's stack overflowed.
    Stack,
    /// A call's results were larger than their limit.
    ReturnedTooMuch,
    /// The guest printed more than its limit.
    PrintedTooMuch,
    /// The transfer was paused longer than its budget.
    PauseBudget,
    /// The guest trapped; the reason is wasmtime's name of the trap, such as `unreachable`.
    Trap,
    /// The guest called `exit`.
    Exit,
    /// The guest returned what no verdict may be, or asked of an import what it never gives.
    BadReturn,
    /// The sink did not take the bytes.
    Sink,
    /// The caller's upload could not be read.
    Source,
    /// The tenant has used what it may.
    Quota,
    /// The caller cancelled the transfer.
    Cancelled,
    /// The system refused what the host needs: a socket, a poller.
    System,
    /// The host panicked in this transfer's callback.
    HostPanic,
}

impl Cause {
    /// The cause's stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Refused => "refused",
            Cause::GuestAbort => "guest-abort",
            Cause::Policy => "policy",
            Cause::OutOfFuel => "out-of-fuel",
            Cause::OutOfFuelTotal => "out-of-fuel-total",
            Cause::Deadline => "deadline",
            Cause::Memory => "memory",
            Cause::Table => "table",
            Cause::Instances => "instances",
            Cause::Handles => "handles",
            Cause::Stack => "stack",
            Cause::ReturnedTooMuch => "returned-too-much",
            Cause::PrintedTooMuch => "printed-too-much",
            Cause::PauseBudget => "pause-budget",
            Cause::Trap => "trap",
            Cause::Exit => "exit",
            Cause::BadReturn => "bad-return",
            Cause::Sink => "sink",
            Cause::Source => "source",
            Cause::Quota => "quota",
            Cause::Cancelled => "cancelled",
            Cause::System => "system",
            Cause::HostPanic => "host-panic",
        }
    }

    /// Whether a guest's own running brought it about.
    pub(crate) fn is_of_a_guest(self) -> bool {
        self.blame() == Blame::Guest && self != Cause::PauseBudget
    }

    /// What raises the limit that a guest met while it was made; those of a call are others.
    pub(crate) const fn raised_when_made(self) -> &'static str {
        match self {
            Cause::OutOfFuel => "; raise with --limit instantiate-fuel",
            Cause::Deadline => "; raise with --limit instantiate-time",
            Cause::Memory => "; raise with --memory",
            Cause::Table => "; raise with --limit table-elements",
            Cause::Instances => "; raise with --limit instances",
            Cause::Handles => "; raise with --limit handles",
            Cause::PrintedTooMuch => "; raise with --limit printed",
            Cause::ReturnedTooMuch => "; raise with --limit returned",
            _ => "",
        }
    }

    /// Who has to answer for it.
    pub const fn blame(self) -> Blame {
        match self {
            Cause::Sink | Cause::Source | Cause::Quota | Cause::Cancelled => Blame::Caller,
            Cause::Policy | Cause::System | Cause::HostPanic => Blame::Host,
            _ => Blame::Guest,
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whose doing an abort was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    /// The plugin.
    Guest,
    /// The server at the other end. No cause has it so far: what an origin does ends as libcurl's own code, or as the
    /// policy's.
    Origin,
    /// This runtime or its operator's policy.
    Host,
    /// Whoever asked for the transfer.
    Caller,
}
