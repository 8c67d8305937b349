//! libcurl moves the bytes; a sandboxed WebAssembly component decides.
//!
//! Every callback of libcurl that a plugin exports is forwarded to it, typed by the WIT package
//! `transferhost:callbacks`. A plugin can do nothing but answer: it has no socket, no file, no network, and no more
//! fuel, time and memory than its limits. When it fails, the transfer ends with libcurl's own code for that callback
//! and with a reason.
//!
//! ```no_run
//! use transferhost::{Host, Loader, MemorySink, Policy, PolicyKind, Transfer, TransferSpec};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::new(Policy::new(PolicyKind::Tenant)?, Loader::in_process())?;
//! let plugin = host.load("ssrf_guard.wasm".as_ref())?;
//! let body = MemorySink::new(1 << 20);
//! let spec = TransferSpec { url: "https://example.com/".to_owned(), ..TransferSpec::default() };
//! let outcome = Transfer::new(&host, Some(&plugin), spec, Box::new(body.clone()))?.run();
//! println!("{}: {} bytes", outcome.name, body.take().len());
//! # Ok(())
//! # }
//! ```
//!
//! `docs/embedding.md` goes on from here: a policy of one's own, what an outcome tells, sinks and sources, cancelling, and
//! [`Workers`] for many transfers of many tenants.
//!
//! The way of a chunk: libcurl calls `curl/trampoline` → `transfer/dispatch` → `guest/call` → `guest/verdict` → `sink`
//! → `curl/returns`. Whatever fails on it leaves by one door, `transfer/latch`.

#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(panic = "abort")]
compile_error!("transferhost catches panics at the C boundary: build it with panic = \"unwind\"");

mod address;
mod ca;
mod callback;
mod cause;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod curl;
mod escape;
mod field;
mod guest;
#[cfg(feature = "harden")]
mod harden;
mod host;
pub mod limits;
mod loader;
mod sink;
mod suggest;
mod tenant;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod testing;
mod transfer;

pub use address::Address;
pub use ca::CaStore;
pub use callback::Callback;
pub use cause::{Blame, Cause};
pub use curl::{CurlCode, FormContent, FormPart, Info, InfoType, LibcurlVersion};
pub use field::{Header, HeaderError};
pub use guest::{EngineError, LoadError, Plugin, WIT_VERSION};
#[cfg(feature = "harden")]
pub use harden::{Hardened, Hardening, Measure, Unavailable};
pub use host::Host;
pub use limits::{Limit, Limits};
pub use loader::{CacheDirectory, CacheError, Loader};
pub use sink::{BodyChannel, ChannelSink, FileSink, MemorySink, Sink, StdoutSink, WakeSink};
pub use tenant::class::{AddressClass, Classification, Classifier, Nat64PrefixError};
pub use tenant::policy::{Policy, PolicyError, PolicyKind};
pub use tenant::policy_file::{BatchKeys, OperatorKeys, PolicyFile, TenantKeys, keys as policy_keys};
pub use tenant::{QUOTAS, Quota, QuotaRow, Quotas, Tenant, TenantError, Usage};
pub use transfer::{
    Abort, Body, Bytes, Calls, Cookies, Direction, GuestReport, Handle, Http, HttpAuth, HttpVersion, IpVersion, Job,
    LineObserver, METRICS, Metric, MetricKind, Netrc, Observer, Operator, Outcome, Pace, PendingTransfer, PostRedirect,
    ProgressObserver, Proxy, Route, Seconds, Source, SpecError, Ssh, SubmitError, TimeCondition, Tls, TlsVersion,
    Transfer, TransferSpec, WireObserver, Workers,
};
