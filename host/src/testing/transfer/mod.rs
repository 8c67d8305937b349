//! The oracles of what a transfer does: a child of `transfer`, by the path that its page names.

mod header;
mod messages;
mod outcome;
mod request_header;
mod sequence;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use header::header;
pub use messages::{Message, messages};
pub use outcome::outcome;
pub use request_header::request_header;
pub use sequence::sequence;

use super::dispatch::Dispatch;
use super::spec::TransferSpec;
use crate::curl::Poller;
use crate::limits::Limits;
use crate::sink::Sink;
use crate::tenant::class::Classifier;
use crate::tenant::policy::{Network, Policy, PolicyKind};

/// A policy of a machine without addresses of its own.
fn policy(kind: PolicyKind, limits: Limits) -> anyhow::Result<Arc<Policy>> {
    Ok(Arc::new(Policy {
        kind,
        limits,
        network: Network::default(),
        harden: None,
        classifier: Arc::new(Classifier::without_kernel(Vec::new(), Vec::new())?),
    }))
}

/// A transfer that libcurl knows nothing of.
fn dispatch(
    policy: Arc<Policy>,
    mut spec: TransferSpec,
    sink: Box<dyn Sink>,
    can_pause: bool,
) -> std::io::Result<Dispatch> {
    let driver = Poller::new()?.waker(0);
    Ok(Dispatch::new(policy, &mut spec, sink, can_pause, &driver, None))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a terminal or a log obeys, and what breaks a line: by Unicode's own properties, not by `escape`'s list.
fn is_obeyed(c: char) -> bool {
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || bidi || matches!(c, '\u{2028}' | '\u{2029}')
}
