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
        inline: "
            package transferhost:host;
            world every-callback {
                import transferhost:callbacks/transfer@0.1.0;
                import transferhost:callbacks/request@0.1.0;
                import transferhost:callbacks/net@0.1.0;
                import transferhost:callbacks/upload@0.1.0;
                import transferhost:callbacks/socket-options@0.1.0;
                import transferhost:callbacks/multi@0.1.0;
                import wasi:config/store@0.2.0-rc.1;
                export transferhost:callbacks/start@0.1.0;
                export transferhost:callbacks/timer@0.1.0;
                export transferhost:callbacks/opensocket@0.1.0;
                export transferhost:callbacks/sockopt@0.1.0;
                export transferhost:callbacks/socket@0.1.0;
                export transferhost:callbacks/ssh-key@0.1.0;
                export transferhost:callbacks/debug@0.1.0;
                export transferhost:callbacks/read@0.1.0;
                export transferhost:callbacks/seek@0.1.0;
                export transferhost:callbacks/ioctl@0.1.0;
                export transferhost:callbacks/xferinfo@0.1.0;
                export transferhost:callbacks/progress@0.1.0;
                export transferhost:callbacks/header@0.1.0;
                export transferhost:callbacks/redirect@0.1.0;
                export transferhost:callbacks/write@0.1.0;
                export transferhost:callbacks/write-end@0.1.0;
                export transferhost:callbacks/closesocket@0.1.0;
                export transferhost:callbacks/done@0.1.0;
            }
        ",
        world: "transferhost:host/every-callback",
        imports: { default: trappable },
        with: {
            "transferhost:callbacks/request.request": crate::guest::imports::Request,
            "transferhost:callbacks/socket-options.socket-options": crate::guest::imports::SocketOptions,
        },
        require_store_data_send: true,
    });
}

pub(crate) use generated::exports::transferhost::callbacks::{
    closesocket, debug, done, header, ioctl, opensocket, progress, read, redirect, seek, socket, sockopt, ssh_key,
    start, timer, write, write_end, xferinfo,
};
pub(crate) use generated::transferhost::callbacks::{multi, net, request, socket_options, transfer, types, upload};
pub(crate) use generated::wasi::config::store as config;
