//! TLS sessions: an origin tells whether a handshake began a new one.

use transferhost::{CaStore, Callback, LibcurlVersion, Plugin, Tenant, Tls, TlsVersion, TransferSpec, Workers};
use transferhost_tests::guests::guest;
use transferhost_tests::http::Response;
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::tls::Authority;

use crate::{HOST, fetch_with, spec, tenant};

/// Says how the handshake went, and closes: the next transfer has to make one too.
fn telling(authority: &Authority) -> Origin {
    Origin::serve_on(Listen::default().tls(authority.server_config()), |mut connection| {
        connection.expect_request()?;
        let how = if connection.resumes() { "resumed" } else { "new" };
        connection.send(Response::ok(how).close().encode(true))?;
        connection.finish_sending()?;
        connection.wait_for_close()
    })
    .unwrap()
}

#[test]
fn a_tls_session_is_resumed_by_its_own_tenant_alone() {
    let authority = Authority::new().unwrap();
    let origin = telling(&authority);
    let guard = HOST.load(&guest("socket-tuner")).unwrap();
    // An older libcurl, such as 7.88.1, keeps sessions with the transfer, and not with the multi handle.
    let again = if LibcurlVersion::get().bundled {
        "resumed"
    } else {
        "new"
    };
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let workers = Workers::start(1).unwrap();
        let (a, b) = (tenant("a"), tenant("b"));
        let shook = |tenant: &Tenant, plugin: Option<&Plugin>| {
            let spec = TransferSpec {
                ca: Some(CaStore {
                    file: Some(authority.ca_file()),
                    path: None,
                }),
                tls: Tls {
                    min: Some(version),
                    max: Some(version),
                    ..Tls::default()
                },
                config: vec![("nodelay".to_owned(), "off".to_owned())],
                ..spec(origin.url_as("localhost", "/"))
            };
            fetch_with(&workers, tenant, plugin, spec).body
        };
        assert_eq!([shook(&a, None), shook(&a, None)], ["new", again], "{version:?}");
        assert_eq!([shook(&b, None), shook(&b, None)], ["new", again], "{version:?}");
        // What decides about a connection has nothing of its own tenant's either, and leaves nothing.
        assert!(guard.callbacks().contains(&Callback::Sockopt));
        let decided = [shook(&a, Some(&guard)), shook(&a, Some(&guard))];
        assert_eq!(decided, ["new", "new"], "{version:?}");
    }
}
