//! A guest: one live instance of a plugin, entered through one call at a time. It knows nothing of curl.
//!
//! `load` makes a [`Plugin`] of a file and of the code that the loader has for it, `compiled` has what others loaded
//! already, `instance` makes a [`Guest`] of a plugin, `call` enters it, `verdict` makes of an
//! answer or a trap what the transfer acts on. `limits` and `clock` bound it, `imports` and `wasi` are all that it can
//! reach.

mod bindings;
mod bodies;
mod call;
mod checks;
mod clock;
mod compiled;
mod engine;
mod features;
mod imports;
mod instance;
mod limits;
mod load;
mod load_error;
mod names;
mod passed;
mod plugin_file;
mod pool;
mod print;
mod shape;
mod trap;
mod verdict;
mod wasi;
mod weigh;

pub(crate) use checks::{check_weight, component_bytes, one_line};
pub use engine::EngineError;
#[cfg(feature = "harden")]
pub(crate) use load::try_code;
pub use load::{Plugin, WIT_VERSION};
pub use load_error::LoadError;
pub(crate) use plugin_file::PluginFile;

pub(crate) use bindings::{debug, done, header, ioctl, read, redirect, seek, socket, sockopt, ssh_key, write};
pub(crate) use call::CallStats;
pub(crate) use engine::Engine;
pub(crate) use features::check_features;
#[cfg(feature = "testing")]
pub(crate) use features::{OFF as PROPOSALS_OFF, ON as PROPOSALS_ON};
#[cfg(feature = "testing")]
pub(crate) use imports::NoTransfer;
pub(crate) use imports::{Dialled, RequestHead, Taken, TransferInfo, TransferView};
pub(crate) use instance::{Environment, Guest, alive};
pub(crate) use shape::Shape;
pub(crate) use verdict::{Failure, OpenVerdict};
pub(crate) use weigh::{Weight, weigh};
