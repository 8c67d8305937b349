//! `wasi:sockets/ip-name-lookup`, closed: a guest looks up no name.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{Host, HostResolveAddressStream, ResolveAddressStream};
use wasmtime_wasi::p2::bindings::sockets::network::{self, ErrorCode, HostNetwork, IpAddress};
use wasmtime_wasi::p2::{DynPollable, Network, SocketError, SocketResult};

use super::wasi::Bounded;

impl Host for Bounded<'_> {
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        self.passed.count(name.len()).map_err(SocketError::trap)?;
        self.table.get(&network)?;
        Err(ErrorCode::PermanentResolverFailure.into())
    }
}

/// There are no such streams, since no name is looked up.
impl HostResolveAddressStream for Bounded<'_> {
    fn resolve_next_address(&mut self, stream: Resource<ResolveAddressStream>) -> SocketResult<Option<IpAddress>> {
        self.table.get(&stream)?;
        Err(ErrorCode::PermanentResolverFailure.into())
    }

    fn subscribe(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<Resource<DynPollable>> {
        self.table.get(&stream)?;
        Err(wasmtime::Error::msg("there is no lookup to wait for"))
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}

/// The functions above answer with this interface's errors.
impl network::Host for Bounded<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        self.table.get(&error)?;
        Ok(None)
    }
}

impl HostNetwork for Bounded<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.table.delete(network)?;
        Ok(())
    }
}
