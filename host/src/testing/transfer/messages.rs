//! The sentences that outcomes have, one for each cause, for a page that shows them all.

use super::super::ended::Ended;
use super::super::message;
use super::outcome::CAUSES;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::guest::Failure;
use crate::limits::Limit;
use crate::tenant::Quota;

/// The bytes after which each of them comes.
const FAR: u64 = 4096;

/// The limits of a policy that end a transfer, not a guest.
const OVER: [Limit; 7] = [
    Limit::Body,
    Limit::Delivered,
    Limit::Uploaded,
    Limit::Ratio,
    Limit::HeaderLines,
    Limit::HeaderBytes,
    Limit::Informational,
];

/// What `plugin.wasm` is told to have done.
pub struct Message {
    /// The cause.
    pub cause: Cause,
    /// The sentence.
    pub text: String,
}

/// The sentences of a callback, or of making a guest: one for each cause, more where one has several.
pub fn messages(callback: Option<Callback>) -> Vec<Message> {
    let of = |ended: Ended| Message {
        cause: ended.failure.cause,
        text: message::of(&ended, Some("plugin.wasm"), FAR),
    };
    let of_causes = CAUSES.iter().flat_map(|cause| samples(*cause));
    let causes = of_causes.map(|failure| Ended::new(callback, failure).about("192.0.2.1:80"));
    let over = OVER.iter().map(|over| Ended {
        over: Some(*over),
        ..Ended::new(None, limited(Cause::Policy, over.row().tenant))
    });
    causes.chain(over).map(of).collect()
}

/// Failures as guests bring them about.
fn samples(cause: Cause) -> Vec<Failure> {
    let said = |words: &str| Failure {
        reason: Some(words.to_owned()),
        ..Failure::of(cause)
    };
    let of = |limit: Limit| limited(cause, limit.row().curl);
    match cause {
        Cause::Refused => vec![said("loopback")],
        Cause::GuestAbort => vec![said("the guest's own words")],
        Cause::OutOfFuel => vec![of(Limit::Fuel)],
        Cause::OutOfFuelTotal => vec![of(Limit::FuelTotal)],
        Cause::Deadline => vec![of(Limit::CallTime), said("answer pause instead")],
        Cause::Memory => vec![of(Limit::Memory)],
        Cause::Table => vec![of(Limit::TableElements)],
        Cause::Instances => vec![of(Limit::Instances)],
        Cause::Handles => vec![of(Limit::Handles)],
        Cause::ReturnedTooMuch => vec![of(Limit::Returned)],
        Cause::PrintedTooMuch => vec![of(Limit::Printed)],
        Cause::PauseBudget => vec![of(Limit::PauseBudget)],
        Cause::Trap => vec![Failure {
            backtrace: vec!["redactor::replace".to_owned()],
            ..said("unreachable")
        }],
        Cause::Exit => vec![said("exit code 1")],
        Cause::BadReturn => vec![said("finish(9) of a chunk of 8 bytes")],
        Cause::Sink => vec![said("out.html: No space left on device (os error 28)")],
        Cause::Source => vec![said("Is a directory (os error 21)")],
        Cause::System => vec![said("Too many open files (os error 24)")],
        Cause::HostPanic => vec![said("what it said")],
        Cause::Quota => vec![limited(cause, Quota::Memory.row().default)],
        Cause::Policy | Cause::Stack | Cause::Cancelled => vec![Failure::of(cause)],
    }
}

fn limited(cause: Cause, limit: u64) -> Failure {
    Failure {
        limit: Some(limit),
        ..Failure::of(cause)
    }
}
