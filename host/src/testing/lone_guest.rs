//! What the benchmarks need of the inside.

use std::sync::Arc;

use crate::guest::{Environment, Guest, NoTransfer, Plugin};
use crate::host::Host;

/// A guest without a transfer, to measure one call of it.
pub struct LoneGuest(Guest);

impl LoneGuest {
    /// A fresh guest of a plugin.
    ///
    /// # Errors
    /// The cause, where it cannot be instantiated.
    pub fn new(host: &Host, plugin: &Plugin) -> Result<LoneGuest, String> {
        let environment = Environment {
            limits: host.policy().limits().clone(),
            config: Vec::new(),
            classifier: Arc::clone(&host.policy().classifier),
            printer: Arc::new(|_: &str| {}),
            transfer: Box::new(NoTransfer),
            may_wait: true,
            ledger: None,
        };
        Guest::new(host.engine(), plugin, environment)
            .map(LoneGuest)
            .map_err(|failure| failure.cause.to_string())
    }

    /// One call of `on-write`.
    ///
    /// # Errors
    /// The cause, where the guest gives no verdict.
    pub fn write(&mut self, chunk: &[u8]) -> Result<(), String> {
        self.0
            .on_write(chunk)
            .map(drop)
            .map_err(|failure| failure.cause.to_string())
    }

    /// One call of `on-read`, for as many bytes as libcurl asks for.
    ///
    /// # Errors
    /// The cause, where the guest gives no verdict.
    pub fn read(&mut self, max: u32) -> Result<(), String> {
        self.0
            .on_read(max)
            .map(drop)
            .map_err(|failure| failure.cause.to_string())
    }
}
