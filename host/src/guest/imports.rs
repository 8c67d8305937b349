//! What a guest imports of ours: `transfer` and `net` here, the rest in files of their own. Nothing here calls
//! libcurl but getinfo, which never calls back.

use std::time::Duration;

use wasmtime::component::{HasSelf, Linker};

mod config;
mod multi;
mod request;
mod socket_options;
mod upload;

#[allow(unreachable_pub, reason = "the generated bindings export it from a private module")]
pub use request::Request;
pub(crate) use request::RequestHead;
#[allow(unreachable_pub, reason = "the generated bindings export it from a private module")]
pub use socket_options::SocketOptions;
pub(crate) use upload::Taken;

use super::bindings::{net, transfer, types};
use super::instance::State;
use super::passed::Bytes as _;
use super::verdict::address_of;
use crate::address::Address;
use crate::tenant::class::AddressClass;

/// The longest name of a `getinfo`.
const MAX_INFO_NAME: usize = 64;

/// A value of `getinfo`.
pub(crate) enum TransferInfo {
    /// Text.
    Text(String),
    /// A number.
    Number(i64),
    /// A time in seconds.
    Seconds(f64),
    /// There is no such name.
    Unknown,
    /// There is no value.
    None,
}

/// What a guest may ask about its transfer.
pub(crate) trait TransferView: Send {
    /// The URL without credentials.
    fn url(&self) -> String;
    /// The URL's host without brackets.
    fn host(&self) -> String;
    /// A value by its name in curl's `-w`.
    fn getinfo(&self, name: &str) -> TransferInfo;
    /// Whom the connection being made leads to.
    fn dialled(&self) -> Dialled;
    /// Bytes of the caller's body, at most so many, waiting no longer than this for them.
    fn take_upload(&self, max: usize, patience: Duration) -> Taken;
}

/// Whose address is being dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialled {
    /// The URL's own origin.
    Origin,
    /// A proxy before it.
    Proxy,
    /// FTP's data connection.
    FtpData,
}

/// What a guest sees that has no transfer: one that is only tried, or measured.
pub(crate) struct NoTransfer;

impl TransferView for NoTransfer {
    fn url(&self) -> String {
        String::new()
    }

    fn host(&self) -> String {
        String::new()
    }

    fn getinfo(&self, _: &str) -> TransferInfo {
        TransferInfo::None
    }

    fn dialled(&self) -> Dialled {
        Dialled::Origin
    }

    fn take_upload(&self, _: usize, _: Duration) -> Taken {
        Taken::NoBody
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    transfer::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    super::bindings::request::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    net::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    super::bindings::upload::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    super::bindings::socket_options::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    super::bindings::multi::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    super::bindings::config::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl transfer::Host for State {
    fn url(&mut self) -> wasmtime::Result<String> {
        Ok(self.transfer.url())
    }

    fn host(&mut self) -> wasmtime::Result<String> {
        Ok(self.transfer.host())
    }

    fn getinfo(&mut self, name: String) -> wasmtime::Result<Result<transfer::Info, transfer::GetinfoError>> {
        self.passed.count(name.len())?;
        if name.len() > MAX_INFO_NAME {
            return Ok(Err(transfer::GetinfoError::UnknownName));
        }
        Ok(match self.transfer.getinfo(&name) {
            TransferInfo::Text(text) => Ok(transfer::Info::Text(text)),
            TransferInfo::Number(number) => Ok(transfer::Info::Number(number)),
            TransferInfo::Seconds(seconds) => Ok(transfer::Info::Seconds(seconds)),
            TransferInfo::Unknown => Err(transfer::GetinfoError::UnknownName),
            TransferInfo::None => Err(transfer::GetinfoError::NoValue),
        })
    }

    fn dialled(&mut self) -> wasmtime::Result<transfer::Peer> {
        Ok(match self.transfer.dialled() {
            Dialled::Origin => transfer::Peer::Origin,
            Dialled::Proxy => transfer::Peer::Proxy,
            Dialled::FtpData => transfer::Peer::FtpData,
        })
    }
}

impl net::Host for State {
    fn classify(&mut self, address: types::Address) -> wasmtime::Result<net::Class> {
        self.passed.count(address.bytes())?;
        // What is no address at all cannot be public.
        let class = address_of(address).map_or(AddressClass::Reserved, |address| self.classifier.class(&address));
        Ok(match class {
            AddressClass::Public => net::Class::Public,
            AddressClass::Loopback => net::Class::Loopback,
            AddressClass::Private => net::Class::Private,
            AddressClass::LinkLocal => net::Class::LinkLocal,
            AddressClass::Shared => net::Class::Shared,
            AddressClass::Multicast => net::Class::Multicast,
            AddressClass::Metadata => net::Class::Metadata,
            AddressClass::Reserved => net::Class::Reserved,
            AddressClass::HostItself => net::Class::HostItself,
            AddressClass::LocalSocket => net::Class::LocalSocket,
        })
    }

    fn to_text(&mut self, address: types::Address) -> wasmtime::Result<String> {
        self.passed.count(address.bytes())?;
        Ok(address_of(address)
            .as_ref()
            .map_or_else(|| "not an address".to_owned(), Address::to_string))
    }
}

impl types::Host for State {}
