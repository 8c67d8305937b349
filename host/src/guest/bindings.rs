//! The WIT package, bound. Generated code only; the rest of the folder uses the names that are re-exported here.

mod generated {
    #![allow(
        missing_docs,
        unreachable_pub,
        clippy::pedantic,
        reason = "generated from wit/, where every item is documented"
    )]

    wasmtime::component::bindgen!({
        path: "wit",
        world: "transferhost:callbacks/every-callback",
        imports: { default: trappable },
        with: {
            "transferhost:callbacks/request.request": crate::guest::imports::Request,
            "transferhost:callbacks/socket-options.socket-options": crate::guest::imports::SocketOptions,
        },
        require_store_data_send: true,
    });
}

pub(crate) use generated::exports::transferhost::callbacks::*;
pub(crate) use generated::transferhost::callbacks::{multi, net, request, socket_options, transfer, types, upload};
pub(crate) use generated::wasi::config::store as config;
