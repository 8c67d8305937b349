//! What a call passes to the host: one sum of the arguments of imports and of what the export returns.
//!
//! wasmtime bounds each crossing by itself (`Store::set_hostcall_fuel`) and begins anew with the next, so a call could pass
//! as much again with each import. Here every import that takes a text or a list counts it, and so does the end of the
//! call. A crossing is copied before it is counted, so the host holds at most twice the limit for a moment.

use super::bindings::{header, ioctl, opensocket, read, redirect, seek, sockopt, ssh_key, types, write};
use super::limits::LimitExceeded;
use crate::cause::Cause;

/// How much of the limit `returned` the call that is being made has used, in bytes.
#[derive(Debug)]
pub(super) struct Passed {
    limit: u64,
    used: u64,
}

impl Passed {
    pub(super) fn new(limit: u64) -> Passed {
        Passed { limit, used: 0 }
    }

    /// Another call begins.
    pub(super) fn begin(&mut self) {
        self.used = 0;
    }

    /// So many bytes more.
    ///
    /// # Errors
    /// Where the call has passed more than it may.
    pub(super) fn count(&mut self, bytes: usize) -> Result<(), LimitExceeded> {
        self.used = self.used.saturating_add(bytes as u64);
        if self.used <= self.limit {
            return Ok(());
        }
        Err(LimitExceeded {
            cause: Cause::ReturnedTooMuch,
            limit: self.limit,
            used: self.used,
        })
    }
}

/// A value of a guest's, and the bytes that the host holds of it besides the value itself. Each type that an export returns
/// says so, or `Guest::enter` does not take it.
pub(super) trait Bytes {
    fn bytes(&self) -> usize;
}

impl Bytes for () {
    fn bytes(&self) -> usize {
        0
    }
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl Bytes for types::Address {
    fn bytes(&self) -> usize {
        match self {
            types::Address::Inet(inet) => inet.ip.len(),
            types::Address::Unix(path) => path.len(),
        }
    }
}

impl Bytes for opensocket::Verdict {
    fn bytes(&self) -> usize {
        match self {
            opensocket::Verdict::Allow => 0,
            opensocket::Verdict::Deny(words) => words.len(),
            opensocket::Verdict::ConnectTo(address) => address.bytes(),
        }
    }
}

impl Bytes for header::Action {
    fn bytes(&self) -> usize {
        match self {
            header::Action::Replace(line) => line.len(),
            header::Action::Deliver | header::Action::Drop | header::Action::Pause(_) => 0,
        }
    }
}

impl Bytes for write::Action {
    fn bytes(&self) -> usize {
        match self {
            write::Action::Replace(bytes) => bytes.len(),
            write::Action::Deliver | write::Action::Finish(_) | write::Action::Pause(_) => 0,
        }
    }
}

impl Bytes for read::Action {
    fn bytes(&self) -> usize {
        match self {
            read::Action::Data(bytes) => bytes.len(),
            read::Action::Pass | read::Action::Eof | read::Action::Pause(_) => 0,
        }
    }
}

/// These hold nothing.
macro_rules! nothing {
    ($($ty:ty),*) => {$(
        impl Bytes for $ty {
            fn bytes(&self) -> usize {
                0
            }
        }
    )*};
}

nothing!(
    seek::Action,
    ioctl::Action,
    sockopt::Action,
    ssh_key::Action,
    redirect::Action
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_one_sum() {
        let mut passed = Passed::new(100);
        passed.count(60).unwrap();
        passed.count(40).unwrap();
        passed.count(0).unwrap();
        let over = passed.count(1).unwrap_err();
        assert_eq!((over.cause, over.limit, over.used), (Cause::ReturnedTooMuch, 100, 101));
        passed.begin();
        passed.count(100).unwrap();
        assert!(passed.count(usize::MAX).is_err());
        assert!(passed.count(usize::MAX).is_err());
    }
}
