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
                export transferhost:callbacks/start@0.1.0;
                export transferhost:callbacks/opensocket@0.1.0;
                export transferhost:callbacks/xferinfo@0.1.0;
                export transferhost:callbacks/header@0.1.0;
                export transferhost:callbacks/write@0.1.0;
                export transferhost:callbacks/write-end@0.1.0;
                export transferhost:callbacks/done@0.1.0;
            }
        ",
        world: "transferhost:host/every-callback",
        imports: { default: trappable },
        with: {
            "transferhost:callbacks/request.request": crate::guest::imports::Request,
        },
        require_store_data_send: true,
    });
}

pub(crate) use generated::exports::transferhost::callbacks::{
    done, header, opensocket, start, write, write_end, xferinfo,
};
pub(crate) use generated::transferhost::callbacks::{net, request, transfer, types};
