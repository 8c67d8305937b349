//! One transfer through one guest: the one place where libcurl and WebAssembly meet.
//!
//! `spec` says what is wanted, `prepare` makes libcurl's handle of it, `driver` drives it, `dispatch` answers libcurl,
//! `latch` keeps the first cause, `code` gives it its CURLcode, and `outcome` tells how it ended.

mod abort;
mod code;
mod dispatch;
mod driver;
mod latch;
mod message;
mod opensocket;
mod outcome;
mod pause;
mod prepare;
mod source;
mod spec;
mod trace;
mod view;

pub use driver::{Cancel, Transfer};
pub use outcome::{Abort, Bytes, Calls, GuestReport, Outcome, Seconds};
pub use source::Source;
pub use spec::{Body, Header, HttpVersion, LineObserver, Observer, ProgressObserver, SpecError, TransferSpec};
