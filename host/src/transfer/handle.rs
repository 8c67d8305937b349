//! Reaches a transfer from any thread.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use enumset::EnumSet;

use super::pause::Direction;
use crate::callback::Callback;
use crate::curl::Waker;

/// Reaches a transfer from any thread, also before it runs. What is wished is done as soon as libcurl and the guest
/// return; one that waits for its turn is asked once a second whether it was cancelled.
#[derive(Clone, Debug)]
pub struct Handle {
    wishes: Arc<Wishes>,
    /// There as soon as a worker has the transfer.
    waker: Arc<OnceLock<Waker>>,
}

/// What was wished of a transfer.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    cancelled: AtomicBool,
    /// An `EnumSet<Callback>`.
    unset: AtomicU32,
    /// An `EnumSet<Direction>`.
    held: AtomicU8,
}

impl Handle {
    /// The transfer ends with CURLE_ABORTED_BY_CALLBACK (42) and the cause `cancelled`.
    pub fn cancel(&self) {
        self.wishes.cancelled.store(true, Ordering::Release);
        self.wake();
    }

    /// The guest decides this callback no more: libcurl's default from now on, as if the plugin did not export it. It
    /// cannot be set again. A callback that the plugin does not export is unset already. An operator's plugin that stands
    /// before it keeps its own.
    pub fn unset(&self, callback: Callback) {
        let callbacks = EnumSet::only(callback).as_repr();
        self.wishes.unset.fetch_or(callbacks, Ordering::AcqRel);
        self.wake();
    }

    /// Holds one direction until [`Handle::unpause`]: the sink gets nothing, or nothing is sent. It costs nothing of the
    /// guest's budget for pauses, but the transfer's own time runs on. It has no effect on `file://`, which libcurl
    /// cannot pause.
    pub fn pause(&self, direction: Direction) {
        let directions = EnumSet::only(direction).as_repr();
        self.wishes.held.fetch_or(directions, Ordering::AcqRel);
        self.wake();
    }

    /// Lets a direction go on that was held. A pause of the guest's own lasts as long as it wished.
    pub fn unpause(&self, direction: Direction) {
        let others = EnumSet::only(direction).complement().as_repr();
        self.wishes.held.fetch_and(others, Ordering::AcqRel);
        self.wake();
    }

    /// Whether a worker has it; before, it waits for its turn.
    #[cfg(feature = "cli")]
    pub(crate) fn has_begun(&self) -> bool {
        self.waker.get().is_some()
    }

    pub(super) fn new() -> Handle {
        Handle {
            wishes: Arc::default(),
            waker: Arc::default(),
        }
    }

    /// A worker has the transfer: this is how it is woken.
    pub(super) fn reaches(&self, waker: Waker) {
        let _ = self.waker.set(waker);
        // What was wished by now.
        self.wake();
    }

    pub(super) fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake();
        }
    }
}

impl Wishes {
    pub(super) fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    pub(super) fn unset(&self) -> EnumSet<Callback> {
        EnumSet::from_repr_truncated(self.unset.load(Ordering::Acquire))
    }

    pub(super) fn held(&self) -> EnumSet<Direction> {
        EnumSet::from_repr_truncated(self.held.load(Ordering::Acquire))
    }
}
