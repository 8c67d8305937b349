//! https, with HTTP/1.1 and HTTP/2, from a real server.

use transferhost::{Callback, HttpVersion, LibcurlVersion, Tls, TransferSpec};
use transferhost_tests::nginx::Nginx;
use transferhost_tests::tls::Authority;

use super::{body, every, fails_in, get, only, run};

#[test]
fn over_tls() {
    let authority = Authority::new().unwrap();
    let Some(nginx) = Nginx::start(&authority).unwrap() else {
        return;
    };
    nginx.file("file", &body()).unwrap();
    assert!(LibcurlVersion::get().http2);
    for (http_version, spoken) in [(HttpVersion::V1_1, "1.1"), (HttpVersion::Default, "2")] {
        let spec = |path: &str| TransferSpec {
            ca: only(authority.ca_file()),
            http_version,
            tls: Tls {
                tells_certificates: true,
                ..Tls::default()
            },
            ..get(nginx.https(path))
        };
        for stub in [every(&[]), every(&Callback::ALL)] {
            let over = run(TransferSpec { stub, ..spec("/file") }).expect(0);
            let version = over.outcome.info.iter().find(|(name, _)| *name == "http_version");
            assert!(format!("{version:?}").contains(&format!("\"{spoken}\"")), "{version:?}");
            assert_eq!((over.body, over.outcome.certificates.len()), (body(), 1));
        }
        run(TransferSpec {
            follow: true,
            ..spec("/moved")
        })
        .expect(0);
        run(TransferSpec {
            fail_on_error: true,
            ..spec("/denied")
        })
        .expect(22);
        // An authority that it was not signed by.
        let other = Authority::new().unwrap();
        run(TransferSpec {
            ca: only(other.ca_file()),
            ..spec("/file")
        })
        .expect(60);
        fails_in(
            &[
                Callback::Opensocket,
                Callback::Debug,
                Callback::Header,
                Callback::Write,
                Callback::Closesocket,
            ],
            || spec("/file"),
        );
    }
}
