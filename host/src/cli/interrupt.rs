//! Ctrl-C and SIGTERM: the transfer that runs is cancelled, and no other begins.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::transfer::Handle;

/// How long a transfer may take to end by itself, when its output or its guest holds it up.
const GRACE: Duration = Duration::from_secs(2);

/// What a signal does.
#[derive(Clone, Default)]
pub(super) struct Interrupt {
    signal: Arc<AtomicI32>,
    running: Arc<Mutex<Option<Handle>>>,
    heard: Arc<Condvar>,
}

impl Interrupt {
    /// Listens from now on.
    pub(super) fn listen() -> std::io::Result<Interrupt> {
        let this = Interrupt::default();
        let heard = this.clone();
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        std::thread::Builder::new()
            .name("transferhost-signals".to_owned())
            .spawn(move || {
                for signal in signals.forever() {
                    if heard.signal.swap(signal, Ordering::AcqRel) != 0 {
                        // The second time: now.
                        std::process::exit(128 + signal);
                    }
                    heard.cancel_running();
                    heard.heard.notify_all();
                    let code = 128 + signal;
                    std::thread::spawn(move || {
                        std::thread::sleep(GRACE);
                        std::process::exit(code);
                    });
                }
            })?;
        Ok(this)
    }

    /// This transfer runs now.
    pub(super) fn watch(&self, handle: Handle) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(handle);
        if self.exit_code().is_some() {
            self.cancel_running();
        }
    }

    /// Waits so long, or until a signal comes.
    pub(super) fn wait(&self, time: Duration) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .heard
            .wait_timeout_while(running, time, |_| self.exit_code().is_none());
        drop(waited);
    }

    /// The exit code of the signal that came, where one did.
    pub(super) fn exit_code(&self) -> Option<u8> {
        match self.signal.load(Ordering::Acquire) {
            0 => None,
            signal => u8::try_from(128 + signal).ok(),
        }
    }

    fn cancel_running(&self) {
        if let Some(handle) = self.running.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            handle.cancel();
        }
    }
}
