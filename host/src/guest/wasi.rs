//! WASI 0.2, whole but closed: no directory, no network, no environment, no argument, an empty stdin.
//!
//! wasmtime-wasi's own synchronous `wasi:io` waits for as long as it takes. Here those of its functions that can wait
//! are ours: they wait no longer than the call may take, since fuel does not burn and epochs do not tick inside a host
//! function.

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup;
use wasmtime_wasi::p2::bindings::sync::io::{poll, streams};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};
use wasmtime_wasi_io::bindings::wasi::io::{poll as unbounded_poll, streams as unbounded};
use wasmtime_wasi_io::poll::DynPollable;
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream, StreamError, StreamResult};

use super::clock::CallClock;
use super::instance::State;
use super::passed::Passed;
use super::print::Output;

/// Random bytes that one call may ask for: a key or a seed, not a stream.
const MAX_RANDOM: u64 = 64 << 10;

/// A context in which everything is denied but clocks, random numbers and printing.
pub(super) fn closed(stdout: Output, stderr: Output) -> WasiCtx {
    WasiCtxBuilder::new()
        .stdout(stdout)
        .stderr(stderr)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(MAX_RANDOM)
        .build()
}

/// All of WASI 0.2, then our `wasi:io` over it, and a lookup of names that counts what it is given. No other function that a
/// guest can call takes a text or a list: the rest are of files and sockets, which it has none of.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_sync(linker)?;
    linker.allow_shadowing(true);
    poll::add_to_linker::<State, Bounded<'static>>(linker, State::bounded)?;
    streams::add_to_linker::<State, Bounded<'static>>(linker, State::bounded)?;
    ip_name_lookup::add_to_linker::<State, Bounded<'static>>(linker, State::bounded)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What of WASI is ours, within a call's time and within what it may pass to the host.
pub(super) struct Bounded<'a> {
    pub(super) table: &'a mut ResourceTable,
    pub(super) clock: &'a CallClock,
    pub(super) passed: &'a mut Passed,
}

impl HasData for Bounded<'static> {
    type Data<'a> = Bounded<'a>;
}

impl Bounded<'_> {
    fn count(&mut self, bytes: &[u8]) -> StreamResult<()> {
        let counted = self.passed.count(bytes.len());
        counted.map_err(|over| StreamError::Trap(over.into()))
    }

    fn wait<T>(&mut self, wait: impl AsyncFnOnce(&mut ResourceTable) -> StreamResult<T>) -> StreamResult<T> {
        self.clock.wait(wait(self.table)).map_err(StreamError::Trap)?
    }
}

impl poll::Host for Bounded<'_> {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        self.passed.count(size_of_val(pollables.as_slice()))?;
        self.clock.wait(unbounded_poll::Host::poll(self.table, pollables))?
    }
}

impl poll::HostPollable for Bounded<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        self.clock
            .wait(unbounded_poll::HostPollable::ready(self.table, pollable))?
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        self.clock
            .wait(unbounded_poll::HostPollable::block(self.table, pollable))?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        unbounded_poll::HostPollable::drop(self.table, pollable)
    }
}

impl streams::Host for Bounded<'_> {
    fn convert_stream_error(&mut self, error: StreamError) -> wasmtime::Result<streams::StreamError> {
        streams::Host::convert_stream_error(self.table, error)
    }
}

impl streams::HostInputStream for Bounded<'_> {
    fn read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        unbounded::HostInputStream::read(self.table, stream, len)
    }

    fn blocking_read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        self.wait(async |table| unbounded::HostInputStream::blocking_read(table, stream, len).await)
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        unbounded::HostInputStream::skip(self.table, stream, len)
    }

    fn blocking_skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        self.wait(async |table| unbounded::HostInputStream::blocking_skip(table, stream, len).await)
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        unbounded::HostInputStream::subscribe(self.table, stream)
    }

    fn drop(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<()> {
        self.clock.wait(unbounded::HostInputStream::drop(self.table, stream))?
    }
}

impl streams::HostOutputStream for Bounded<'_> {
    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        unbounded::HostOutputStream::check_write(self.table, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        self.count(&bytes)?;
        unbounded::HostOutputStream::write(self.table, stream, bytes)
    }

    fn blocking_write_and_flush(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        self.count(&bytes)?;
        self.wait(async |table| unbounded::HostOutputStream::blocking_write_and_flush(table, stream, bytes).await)
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        unbounded::HostOutputStream::flush(self.table, stream)
    }

    fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        self.wait(async |table| unbounded::HostOutputStream::blocking_flush(table, stream).await)
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        unbounded::HostOutputStream::subscribe(self.table, stream)
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        unbounded::HostOutputStream::write_zeroes(self.table, stream, len)
    }

    fn blocking_write_zeroes_and_flush(&mut self, stream: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        self.wait(async |table| unbounded::HostOutputStream::blocking_write_zeroes_and_flush(table, stream, len).await)
    }

    fn splice(&mut self, to: Resource<DynOutputStream>, from: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        unbounded::HostOutputStream::splice(self.table, to, from, len)
    }

    fn blocking_splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        len: u64,
    ) -> StreamResult<u64> {
        self.wait(async |table| unbounded::HostOutputStream::blocking_splice(table, to, from, len).await)
    }

    fn drop(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        self.clock.wait(unbounded::HostOutputStream::drop(self.table, stream))?
    }
}
