//! What tests put in a guest's place: a stub that decides callbacks natively, so that a whole transfer runs without any
//! WebAssembly in its process.

use super::dispatch::Dispatch;
use crate::callback::Callback;

/// A stub in the place of the caller's guest, where the transfer has no plugin; and where the host shall panic, plugin or
/// not.
#[derive(Clone, Debug, Default)]
pub struct Stub {
    /// The callbacks that it decides, so that libcurl calls for each of them. It answers as if it did not: deliver, allow,
    /// pass, go on.
    pub decides: Vec<Callback>,
    /// The callback in which it aborts, as a guest does that returns an error. It is asked wherever it decides.
    pub abort_in: Option<Callback>,
    /// Makes the host panic in this callback, to see that the panic stays in this transfer.
    pub panic_in: Option<Callback>,
}

impl Dispatch {
    /// Lets the stub decide.
    pub(super) fn seat_stub(&self) {
        for callback in &self.stub.decides {
            self.decide(*callback);
        }
    }

    /// Whether the stub aborts in this callback.
    pub(super) fn stub_aborts(&self, callback: Callback) -> bool {
        self.stub.abort_in == Some(callback)
    }

    #[expect(clippy::panic, reason = "the one point at which tests make the host panic")]
    pub(super) fn panic_if_told(&self, callback: Callback) {
        if self.stub.panic_in == Some(callback) {
            panic!("told to panic in {callback}");
        }
    }
}
