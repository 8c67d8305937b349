//! Transfers and their guests: the one place where libcurl and WebAssembly meet.
//!
//! - What is wanted: `spec` and `options`; `prepare`, `set` and `trust` make libcurl's handle of it, but for what `closed`
//!   refuses, and `environment` makes the guests.
//! - Who drives: `worker` drives any number on one thread, `live` is what is done for each between libcurl's turns,
//!   `driver` is a worker with a single one, `scheduler` has several with many; `handle` reaches one from outside.
//! - What libcurl asks: `callbacks`, a file for each. `dispatch` is what they share; `deliver`, `upload`, `sockets`, `cookies`
//!   are its parts, `names` what is looked up before. `guests` enters the guests, the operator's before the tenant's.
//! - What it costs its tenant: `account`.
//! - How it ends: `latch` keeps the first cause, `code` gives it its CURLcode, `outcome` and `message` tell it.

mod account;
mod again;
mod body;
mod callbacks;
mod closed;
mod code;
mod cookies;
mod deliver;
mod dispatch;
mod driver;
mod ended;
mod environment;
mod guests;
mod handle;
mod latch;
mod live;
mod message;
mod names;
mod options;
mod outcome;
mod pause;
mod prepare;
mod scheduler;
mod seconds;
mod set;
mod sockets;
mod source;
mod spec;
mod stream;
#[cfg(feature = "testing")]
pub(crate) mod stub;
/// Mounted here, so that nothing of this folder has to be opened for the oracles.
#[cfg(feature = "testing")]
#[path = "../testing/transfer/mod.rs"]
pub(crate) mod testing;
mod trace;
mod trust;
mod upload;
mod view;
mod worker;

pub use driver::Transfer;
pub use guests::Operator;
pub use handle::Handle;
pub use options::{Cookies, Http, IpVersion, Netrc, Pace, PostRedirect, Proxy, Route, TimeCondition, Tls, TlsVersion};
pub use outcome::{Abort, Bytes, Calls, GuestReport, Outcome, Seconds};
pub use pause::Direction;
pub use scheduler::{Job, METRICS, Metric, MetricKind, PendingTransfer, SubmitError, Workers};
pub use source::Source;
pub use spec::{
    Body, HttpAuth, HttpVersion, LineObserver, Observer, ProgressObserver, SpecError, Ssh, TransferSpec, WireObserver,
};
#[cfg(feature = "cli")]
pub(crate) use worker::MOST_IDLE;
