//! libcurl, wrapped: the only folder with `unsafe`. It knows nothing of WebAssembly.
//!
//! A transfer is an [`Easy`] handle with an implementation of [`Callbacks`]; a [`Multi`] handle drives it from
//! [`Poller`]'s readiness. What libcurl calls goes through `trampoline`: pointer to slice, one call of the trait with a
//! panic caught, and the answer turned into libcurl's number by `returns`.
//!
//! **Re-entry.** Every libcurl function but getinfo may call back before it returns. So the trait takes `&self`, and
//! nothing in this folder holds a borrow of anything that a callback could want while libcurl is on the stack.

#![allow(
    unsafe_code,
    reason = "the C boundary is here and nowhere else; each block has its SAFETY sentence"
)]

#[cfg(feature = "cli")]
mod before_main;
mod callbacks;
mod code;
#[cfg(feature = "cli")]
mod date;
pub(crate) mod descriptors;
mod easy;
pub(crate) mod idle;
mod info;
mod khkey;
mod mime;
mod multi;
mod option;
mod poller;
mod slist;
mod sockaddr;
mod sys_ext;
#[cfg(test)]
mod tests;
mod url;
mod version;

#[cfg(feature = "cli")]
pub(crate) use before_main::stdout_was_closed;
pub use callbacks::InfoType;
pub(crate) use callbacks::{
    Callbacks, Continue, Flow, Hook, Ioctl, IoctlCommand, KeyVerdict, OnClosesocket, OnDebug, OnHeader, OnIoctl,
    OnOpensocket, OnPrereq, OnRead, OnResolverStart, OnSeek, OnSocket, OnSockopt, OnSshKey, OnWrite, OnXferinfo, Open,
    Poll, Read, Seek, SocketTarget, SocketType, Sockopt, words_of,
};
pub use code::CurlCode;
#[cfg(feature = "cli")]
pub(crate) use date::getdate;
pub(crate) use easy::{Detached, Easy, SetoptError};
pub use info::Info;
pub(crate) use info::{InfoHandle, InfoName, InfoSnapshot};
pub(crate) use khkey::{KeyMatch, KeyType, SshKey};
pub use mime::{FormContent, FormPart};
pub(crate) use multi::{Multi, MultiError, Token};
pub(crate) use option::{
    LongOption, OffsetOption, SlistOption, TextOption, http_auth, http_version, ip_resolve, netrc, post_redir,
    ssl_version, time_condition,
};
pub(crate) use poller::{Poller, Readiness, Waker};
#[cfg(feature = "cli")]
pub(crate) use url::escape_segment;
pub(crate) use url::{Part, Url};
pub use version::LibcurlVersion;
#[cfg(feature = "cli")]
pub(crate) use version::version_text;
