//! What a guest prints: line by line to the host's stderr, with the plugin's name before it, escaped and capped.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{OutputStream, StreamError, StreamResult};

use super::limits::LimitExceeded;
use crate::cause::Cause;
use crate::escape::escape;

/// Where a guest's lines go.
pub(crate) type Printer = Arc<dyn Fn(&str) + Send + Sync>;

/// The longest line that is shown whole; a longer one is broken.
const LINE: usize = 4 << 10;

/// How much may be written at a time.
const PERMIT: usize = 64 << 10;

/// One of a guest's two output streams.
#[derive(Clone)]
pub(super) struct Output {
    lines: Arc<Mutex<Lines>>,
    budget: Arc<Mutex<Budget>>,
}

/// How much a guest may still print, on both streams together.
pub(super) struct Budget {
    limit: u64,
    used: u64,
}

struct Lines {
    begun: Vec<u8>,
    printer: Printer,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Arc<Mutex<Budget>> {
        Arc::new(Mutex::new(Budget { limit, used: 0 }))
    }
}

impl Output {
    pub(super) fn new(printer: Printer, budget: Arc<Mutex<Budget>>) -> Output {
        Output {
            lines: Arc::new(Mutex::new(Lines {
                begun: Vec::new(),
                printer,
            })),
            budget,
        }
    }

    /// Shows what has no line end yet.
    pub(super) fn finish(&self) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if !lines.begun.is_empty() {
            lines.show();
        }
    }

    fn print(&self, bytes: &[u8]) -> Result<(), LimitExceeded> {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        let used = budget.used.saturating_add(bytes.len() as u64);
        if used > budget.limit {
            return Err(LimitExceeded {
                cause: Cause::PrintedTooMuch,
                limit: budget.limit,
                used,
            });
        }
        budget.used = used;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            if *byte == b'\n' || lines.begun.len() == LINE {
                lines.show();
            }
            if *byte != b'\n' {
                lines.begun.push(*byte);
            }
        }
        Ok(())
    }
}

impl Lines {
    fn show(&mut self) {
        let line = std::mem::take(&mut self.begun);
        (self.printer)(&escape(&String::from_utf8_lossy(&line)));
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.print(&bytes)
            .map_err(|exceeded| StreamError::Trap(exceeded.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}

#[async_trait::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // WASI 0.3's way in, which is not linked here.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}
