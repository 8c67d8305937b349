//! The caller's body, between libcurl that sends it and the guest that may take from it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::source::{Source, Wait};
use crate::guest::Taken;

/// The caller's body, which the guest may take from while it is asked.
#[derive(Clone, Default)]
pub(super) struct SharedBody(Arc<Mutex<Body>>);

#[derive(Default)]
pub(super) struct Body {
    pub(super) source: Option<Source>,
    /// The guest is being asked for bytes.
    pub(super) lent: bool,
    /// libcurl cannot pause now, so that the guest has to wait for bytes.
    pub(super) blocks: bool,
    /// The guest wanted bytes that were not there yet.
    pub(super) wanted: bool,
    taken: u64,
    /// What is left out of it before anybody gets a byte.
    skips: u64,
    pub(super) error: Option<io::Error>,
}

impl SharedBody {
    pub(super) fn lock(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes for the guest, from within an import.
    pub(super) fn take(&self, max: usize, patience: Duration) -> Taken {
        let mut body = self.lock();
        if !body.lent {
            return Taken::NotNow;
        }
        let mut buffer = vec![0; max];
        let wait = if body.blocks { Wait::AtMost(patience) } else { Wait::No };
        match body.read(&mut buffer, wait) {
            None => Taken::NoBody,
            Some(Ok(Some(count))) => {
                buffer.truncate(count);
                Taken::Bytes(buffer)
            }
            Some(Ok(None)) if body.blocks => Taken::NotReady,
            Some(Ok(None)) => {
                body.wanted = true;
                Taken::NotYet
            }
            Some(Err(error)) => {
                body.error = Some(error);
                Taken::Failed
            }
        }
    }
}

impl Body {
    /// `None` without a body; no bytes are its end; `Ok(None)` is none yet.
    pub(super) fn read(&mut self, buffer: &mut [u8], wait: Wait) -> Option<io::Result<Option<usize>>> {
        let source = self.source.as_mut()?;
        let begun = Instant::now();
        loop {
            let wait = match wait {
                Wait::AtMost(time) => Wait::AtMost(time.saturating_sub(begun.elapsed())),
                wait => wait,
            };
            let skips = self.skips > 0;
            let most = if skips { self.skips } else { u64::MAX };
            let room = buffer.len().min(usize::try_from(most).unwrap_or(usize::MAX));
            let read = source.read(buffer.get_mut(..room).unwrap_or_default(), wait);
            if let Ok(Some(count)) = read {
                self.taken = self.taken.saturating_add(count as u64);
            }
            match read {
                Ok(Some(0)) if skips => {
                    let why = format!(
                        "it ended after {} bytes, before the place where it shall go on",
                        self.taken
                    );
                    return Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, why)));
                }
                Ok(Some(count)) if skips => self.skips = self.skips.saturating_sub(count as u64),
                read => return Some(read),
            }
        }
    }

    /// Whether the next read begins there. A stream moves forwards only: what lies between is left out as it comes.
    pub(super) fn seek(&mut self, offset: u64) -> io::Result<bool> {
        let Some(source) = &mut self.source else {
            return Ok(true);
        };
        if source.seek(offset)? {
            self.taken = offset;
            self.skips = 0;
            return Ok(true);
        }
        let ahead = offset.checked_sub(self.taken);
        self.skips = ahead.unwrap_or(self.skips);
        Ok(ahead.is_some())
    }
}
