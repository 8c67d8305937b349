//! When what happened in a transfer.

use std::time::Duration;

use serde::Serialize;

/// Times in seconds since the beginning, as curl's `-w` has them; 0 for what did not happen. A lookup that the host makes before
/// libcurl has the transfer is part of them.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Seconds {
    /// How long it waited for its turn before that beginning; 0 where it had no tenant.
    pub queued: f64,
    /// The name was resolved.
    pub name_lookup: f64,
    /// The connection was there.
    pub connect: f64,
    /// TLS was there.
    pub tls: f64,
    /// The first byte came.
    pub first_byte: f64,
    /// The end.
    pub total: f64,
    /// How long it was paused in all.
    pub paused: f64,
}

impl Seconds {
    /// The same, of a transfer that began so long before libcurl had it. What did not happen stays 0.
    pub(super) fn after(&mut self, before: Duration) {
        let before = before.as_secs_f64();
        self.total += before;
        for at in [
            &mut self.name_lookup,
            &mut self.connect,
            &mut self.tls,
            &mut self.first_byte,
        ] {
            if *at > 0.0 {
                *at += before;
            }
        }
    }
}
