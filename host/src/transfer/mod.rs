//! One transfer through one guest: the one place where libcurl and WebAssembly meet.
//!
//! `spec` and `options` say what is wanted, `prepare` and `set` make libcurl's handle of it, `worker` drives it, `dispatch` answers libcurl
//! with `deliver`, `upload`, `sockets`, `redirect` and `told` for what each callback is about, `latch` keeps the first cause, `code` gives it its CURLcode, and `outcome` tells how it ended.

mod body;
mod closed;
mod code;
mod cookies;
mod deliver;
mod dispatch;
mod driver;
mod ended;
mod handle;
mod latch;
mod live;
mod message;
mod names;
mod options;
mod outcome;
mod pause;
mod prepare;
mod redirect;
mod rewind;
mod set;
mod sockets;
mod source;
mod spec;
mod stream;
/// Mounted here, so that nothing of this folder has to be opened for the oracles.
#[cfg(feature = "testing")]
#[path = "../testing/transfer/mod.rs"]
pub(crate) mod testing;
mod told;
mod trace;
mod trust;
mod upload;
mod view;
mod worker;
mod workers;

pub use driver::Transfer;
pub use handle::Handle;
pub use options::{Cookies, Http, IpVersion, KeepsPost, Netrc, Pace, Proxy, Route, TimeCondition, Tls, TlsVersion};
pub use outcome::{Abort, Bytes, Calls, GuestReport, Outcome, Seconds};
pub use pause::Direction;
pub use source::Source;
pub use spec::{
    Body, Header, HttpAuth, HttpVersion, LineObserver, Observer, ProgressObserver, SpecError, Ssh, TransferSpec,
    WireObserver,
};
pub use workers::{Job, SubmitError, Submitted, Workers};
