//! What names lead to: the answers of the resolver, and HSTS.

use std::net::Ipv4Addr;

use transferhost::{CaStore, TransferSpec, Workers};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::tls::Authority;

use crate::{fetch, spec, tenant};

#[test]
fn a_name_leads_nobody_else_where_it_was_told_to() {
    // Closed each time, so that the next transfer has to ask for the name.
    let closing = |listen, says: &'static str| http::serve_on(listen, move |_| Response::ok(says).close()).unwrap();
    let first = closing(Listen::default(), "127.0.0.1");
    let second = closing(
        Listen::default()
            .on(Ipv4Addr::new(127, 0, 0, 2).into())
            .at(first.address().port()),
        "127.0.0.2",
    );
    let url = || first.url_as("localhost", "/");
    let workers = Workers::start(1).unwrap();
    let (a, b, c) = (tenant("a"), tenant("b"), tenant("c"));
    assert_eq!(fetch(&workers, &b, spec(url())), "127.0.0.1");
    let mut told = spec(url());
    told.route.resolve = vec![format!("localhost:{}:127.0.0.2", second.address().port())];
    assert_eq!(fetch(&workers, &a, told), "127.0.0.2");
    // Not even its own tenant's next transfer: the host hands libcurl the answer for each.
    for other in [&a, &b, &c] {
        assert_eq!(fetch(&workers, other, spec(url())), "127.0.0.1");
    }
    assert_eq!((first.accepted(), second.accepted()), (4, 1));
}

#[test]
fn an_origin_turns_no_later_request_to_https() {
    let authority = Authority::new().unwrap();
    let strict = http::serve_on(Listen::default().tls(authority.server_config()), |_| {
        Response::ok("sealed").header("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    })
    .unwrap();
    let clear = http::serve(|_| Response::ok("clear")).unwrap();
    let workers = Workers::start(1).unwrap();
    let (a, b) = (tenant("a"), tenant("b"));
    let sealed = TransferSpec {
        ca: Some(CaStore {
            file: Some(authority.ca_file()),
            path: None,
        }),
        show_headers: true,
        ..spec(strict.url_as("localhost", "/"))
    };
    // It was told, and by a name, which is all that HSTS is about.
    let shown = fetch(&workers, &a, sealed);
    assert!(shown.contains("Strict-Transport-Security: max-age"), "{shown}");
    for tenant in [&b, &a] {
        assert_eq!(fetch(&workers, tenant, spec(clear.url_as("localhost", "/"))), "clear");
    }
    assert_eq!((strict.accepted(), clear.requests().len()), (1, 2));
}
