//! The outcome's sentence: what happened, where, and what would help.

use super::ended::Ended;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::Url;
use crate::escape::{escape, quote};
use crate::limits::Limit;

/// The sentence for a transfer that was ended, after so many bytes of the body that the callback is about.
pub(super) fn of(ended: &Ended, plugin: Option<&str>, bytes: u64) -> String {
    let failure = &ended.failure;
    let plugin = plugin.unwrap_or("the guest");
    let words = failure.reason.as_deref();
    let quoted = words.map(|words| format!(": {}", quote(words))).unwrap_or_default();
    let plain = words.map(|words| format!(": {}", escape(words))).unwrap_or_default();
    let subject = ended.subject.as_deref().unwrap_or("it");
    let limit = failure.limit.unwrap_or(0);
    let far = format!("after {bytes} bytes");
    let what = match failure.cause {
        Cause::GuestAbort => format!("{plugin} aborted{quoted}"),
        Cause::Refused => format!("{plugin} denied {subject}{quoted}"),
        Cause::Policy => match ended.over {
            Some(over) => format!("{} (raise with --limit {})", exceeded(over, limit), over.row().key),
            // No more than that: which address a name leads to, inside, is nothing to tell a stranger.
            None => "denied".to_owned(),
        },
        Cause::OutOfFuel => {
            format!("{plugin} ran out of fuel {far} ({limit} a call; raise with --fuel)")
        }
        Cause::OutOfFuelTotal => {
            format!("{plugin} ran out of fuel {far} ({limit} in all; raise with --fuel-total)")
        }
        Cause::Deadline if failure.limit.is_none() => format!("{plugin} wanted to wait{plain}, {far}"),
        Cause::Deadline => {
            format!("{plugin} took longer than {limit} ms{plain}, {far} (raise with --call-time)")
        }
        Cause::Memory => format!("{plugin} wanted more memory than {limit} bytes, {far} (raise with --memory)"),
        Cause::Table => {
            format!("{plugin} wanted more than {limit} table elements, {far} (raise with --limit table-elements)")
        }
        Cause::Instances => format!("{plugin} has too many core instances, {far} (raise with --limit instances)"),
        Cause::Handles => format!("{plugin} held more than {limit} handles, {far} (raise with --limit handles)"),
        Cause::Stack => format!("{plugin} overflowed its stack, {far}"),
        Cause::ReturnedTooMuch => {
            format!("{plugin} returned more than {limit} bytes in one call, {far} (raise with --limit returned)")
        }
        Cause::PrintedTooMuch => {
            format!("{plugin} printed more than {limit} bytes, {far} (raise with --limit printed)")
        }
        Cause::PauseBudget if ended.over == Some(Limit::TotalTime) => format!(
            "{plugin} paused until the transfer's time was over ({limit} ms; raise with -m or --limit total-time), {far}"
        ),
        Cause::PauseBudget => {
            format!("{plugin} paused the transfer for {limit} ms in all, {far} (raise with --limit pause)")
        }
        Cause::Trap => format!("{plugin} trapped{plain}{}, {far}", innermost(&failure.backtrace)),
        Cause::Exit => format!("{plugin} called exit{plain}, {far}"),
        Cause::BadReturn => format!("{plugin} broke its interface's rules{plain}, {far}"),
        Cause::Sink => words
            .filter(|words| !words.is_empty())
            .map_or_else(|| "the output failed".to_owned(), escape),
        Cause::Source if ended.callback == Some(Callback::Read) => format!("the upload could not be read{plain}"),
        Cause::Source => format!("the upload cannot go on from elsewhere{plain}"),
        Cause::Quota => {
            format!("the tenant's transfers would hold more than {limit} bytes of memory together (its quota `memory`)")
        }
        Cause::Cancelled => "the transfer was cancelled".to_owned(),
        Cause::System => format!("the system refused what the transfer needs{plain}"),
        Cause::HostPanic => format!("transferhost failed{plain}; this is a bug of its own, please report it"),
    };
    // Instantiating has limits of its own, which bear no flag of a call.
    let what = if ended.callback.is_none() && failure.cause.is_of_a_guest() {
        format!(
            "{plugin} failed when it was instantiated: {}{}",
            failure.cause,
            limit_of(limit, failure.cause)
        )
    } else {
        what
    };
    match ended.callback {
        // Where the output fails no callback is to blame.
        Some(callback) if failure.cause != Cause::Sink => format!("{callback}: {what}"),
        _ => what,
    }
}

/// What of a transfer is more than the policy allows.
fn exceeded(over: Limit, limit: u64) -> String {
    let (what, unit) = match over {
        Limit::Uploaded => ("the upload has", "bytes"),
        Limit::HeaderLines => ("the headers have", "lines"),
        Limit::HeaderBytes => ("the headers have", "bytes"),
        Limit::Informational => ("the origin sent", "informational responses"),
        Limit::Delivered => ("what is delivered has", "bytes"),
        Limit::Ratio => ("the body grew to", "times its size when it was decoded"),
        Limit::Body => ("the body has", "bytes"),
        // No policy ends a transfer by these: a guest's calls, loading and libcurl do.
        Limit::Fuel
        | Limit::FuelTotal
        | Limit::FuelPerByte
        | Limit::CallTime
        | Limit::InstantiateTime
        | Limit::InstantiateFuel
        | Limit::Memory
        | Limit::TableElements
        | Limit::Instances
        | Limit::LoadMemory
        | Limit::LoadProcessorTime
        | Limit::LoadTime
        | Limit::LoadCode
        | Limit::Handles
        | Limit::Returned
        | Limit::Printed
        | Limit::PauseBudget
        | Limit::ComponentSize
        | Limit::LowSpeed
        | Limit::LowSpeedTime
        | Limit::TotalTime
        | Limit::Redirects => ("the transfer has", "units"),
    };
    format!("{what} more than {limit} {unit}")
}

fn limit_of(limit: u64, cause: Cause) -> String {
    if limit == 0 {
        String::new()
    } else {
        format!(" (limit {limit}{})", cause.raised_when_made())
    }
}

/// The function that trapped, where its name is known.
fn innermost(backtrace: &[String]) -> String {
    backtrace
        .first()
        .map(|frame| format!(" in {}", escape(frame)))
        .unwrap_or_default()
}

/// A URL without its user and password.
pub(super) fn public_url(url: &str) -> Option<String> {
    // What libcurl made of the path is not made of it again.
    Url::parse_as_is(url).ok()?.without_credentials()
}

/// What of a text that is no URL may be shown: what stands before its last `@` may be a password.
pub(super) fn after_credentials(text: &str) -> &str {
    text.rsplit('@').next().unwrap_or_default()
}
