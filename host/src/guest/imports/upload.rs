//! `upload`: the caller's body, for a guest that changes it on its way.

use crate::guest::bindings::upload;
use crate::guest::instance::State;

/// The most bytes of one answer.
const MAX_TAKEN: u32 = 64 << 10;

/// What comes of a wish for the caller's bytes.
pub(crate) enum Taken {
    /// These; none is the end.
    Bytes(Vec<u8>),
    /// The caller gave no body.
    NoBody,
    /// The guest is not asked for bytes now.
    NotNow,
    /// They cannot be read.
    Failed,
    /// There are none yet, and the guest can pause until there are.
    NotYet,
    /// There are none yet, the guest cannot pause, and the time to wait is over.
    NotReady,
}

impl upload::Host for State {
    fn take(&mut self, max: u32) -> wasmtime::Result<Result<Vec<u8>, upload::UploadError>> {
        let max = max.clamp(1, MAX_TAKEN) as usize;
        match self.transfer.take_upload(max, self.clock.patience()) {
            Taken::Bytes(bytes) => Ok(Ok(bytes)),
            Taken::NoBody => Ok(Err(upload::UploadError::NoBody)),
            Taken::NotNow => Ok(Err(upload::UploadError::NotNow)),
            Taken::Failed => Ok(Err(upload::UploadError::Failed)),
            Taken::NotYet => Ok(Err(upload::UploadError::NotYet)),
            Taken::NotReady => Err(self.clock.waited()),
        }
    }
}
