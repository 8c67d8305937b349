//! file, where libcurl does all at once.

use std::fs;

use transferhost::{Body, Callback, Source, TransferSpec};

use super::{body, every, fails_in, folder, get, run};

#[test]
fn a_file() {
    let (folder, file) = folder();
    let url = format!("file://{}", file.display());
    let new = folder.path().join("new");
    let put = || TransferSpec {
        body: Body::Upload(Source::bytes(body())),
        ..get(format!("file://{}", new.display()))
    };
    for stub in [every(&[]), every(&Callback::ALL)] {
        let over = run(TransferSpec {
            stub: stub.clone(),
            ..get(url.clone())
        });
        assert_eq!(over.expect(0).body, body());
        run(TransferSpec { stub, ..put() }).expect(0);
        assert_eq!(fs::read(&new).unwrap(), body());
    }
    run(get(format!("file://{}/none", folder.path().display()))).expect(37);
    fails_in(
        &[
            Callback::Debug,
            Callback::Xferinfo,
            Callback::Header,
            Callback::Write,
            Callback::WriteEnd,
            Callback::Done,
        ],
        || get(url.clone()),
    );
    fails_in(&[Callback::Read], put);
}
