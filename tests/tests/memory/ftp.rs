//! ftp: two connections a transfer, and values that are a connection's.

use std::sync::Arc;

use transferhost::{
    Body, Callback, Info, Job, MemorySink, Observer, Policy, PolicyKind, Quotas, Source, Tenant, TransferSpec, Workers,
};
use transferhost_tests::ftp::Ftp;

use super::{BODY, Over, body, every, fails_in, get, host, run};

fn serve() -> Ftp {
    Ftp::serve([("/file", body()), ("/half", body()[..BODY / 2].to_vec())]).unwrap()
}

fn put(url: String) -> TransferSpec {
    TransferSpec {
        body: Body::Upload(Source::bytes(body())),
        upload_size: Some(BODY as u64),
        ..get(url)
    }
}

fn entry(over: &Over) -> Option<&Info> {
    let mut all = over.outcome.info.iter();
    all.find(|(name, _)| *name == "ftp_entry_path").map(|(_, value)| value)
}

#[test]
fn what_goes_well() {
    let server = serve();
    let over = run(get(server.url("/file"))).expect(0);
    assert_eq!(over.body, body());
    assert_eq!(entry(&over), Some(&Info::Text("/".to_owned())));
    let over = run(TransferSpec {
        stub: every(&[]),
        ..get(server.url("/file"))
    });
    assert_eq!(over.expect(0).body, body());
    run(TransferSpec {
        ftp_port: Some("-".to_owned()),
        ..get(server.url("/file"))
    })
    .expect(0);
    run(put(server.url("/new"))).expect(0);
    run(TransferSpec {
        resume_from: Some(BODY as u64 / 2),
        ..put(server.url("/half"))
    })
    .expect(0);
    assert_eq!(
        (server.file("/new"), server.file("/half")),
        (Some(body()), Some(body()))
    );
}

#[test]
fn a_tenants_transfers_share_a_connection() {
    let server = serve();
    let workers = Workers::start(1).unwrap();
    let host = host();
    let policy = Policy::new(PolicyKind::Curl).unwrap();
    let tenant = Tenant::new(&host, "one", policy, Quotas::default()).unwrap();
    // Each takes the connection over from the one before.
    for (file, code) in [("/file", 0), ("/half", 0), ("/missing", 78), ("/file", 0)] {
        let job = Job {
            tenant: tenant.clone(),
            plugin: None,
            spec: TransferSpec {
                // Whose progress is looked at is run in silence too: libcurl 7.88.1 would stand still where EPSV is
                // answered at once on a connection that it uses again.
                observer: Observer {
                    progress: Some(Arc::new(|_, _, _, _| {})),
                    ..Observer::default()
                },
                ..get(server.url(file))
            },
            sink: Box::new(MemorySink::new(1 << 20)),
        };
        let outcome = workers.submit(job).unwrap().wait();
        assert_eq!(outcome.code.number(), code, "{file}: {}", outcome.message);
    }
    workers.finish(None);
}

#[test]
fn what_fails() {
    let server = serve();
    run(get(server.url("/missing"))).expect(78);
    let address = server.address();
    drop(server);
    run(get(format!("ftp://{address}/file"))).expect(7);
}

#[test]
fn a_callback_ends_it() {
    let server = serve();
    let download = [
        Callback::Opensocket,
        Callback::Sockopt,
        Callback::Socket,
        Callback::Debug,
        Callback::Xferinfo,
        Callback::Header,
        Callback::Write,
        Callback::Closesocket,
        Callback::WriteEnd,
        Callback::Done,
    ];
    fails_in(&download, || get(server.url("/file")));
    fails_in(&[Callback::Sockopt], || TransferSpec {
        ftp_port: Some("-".to_owned()),
        ..get(server.url("/file"))
    });
    fails_in(&[Callback::Read], || put(server.url("/new")));
    fails_in(&[Callback::Seek], || TransferSpec {
        resume_from: Some(BODY as u64 / 2),
        ..put(server.url("/half"))
    });
}
