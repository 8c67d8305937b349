//! Attacks of which more must hold than that they end in a code and a cause.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use transferhost::{Cause, Direction, Limit, Outcome, Policy, PolicyKind, Sink, Transfer, TransferSpec};
use transferhost_tests::PATIENCE;
use transferhost_tests::guests::hostile;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

#[path = "conformance/errand.rs"]
#[allow(dead_code, reason = "hostile.rs uses the rest of it")]
mod errand;
#[path = "kit/policy_file.rs"]
#[allow(dead_code, reason = "others use the command line")]
mod policy_file;
#[path = "conformance/watched.rs"]
#[allow(dead_code, reason = "hostile.rs uses the rest of it")]
mod watched;

use errand::{BODY, Errand, UPLOAD};
use policy_file::PolicyFile;
use watched::Watched;

fn run(attack: &str, policy: Policy, limits: &[(Limit, u64)], spec: TransferSpec) -> Watched {
    let host = watched::host(policy, limits);
    let plugin = host.load(&hostile(attack)).unwrap();
    watched::run(&host, &plugin, spec).unwrap()
}

fn curl() -> Policy {
    Policy::new(PolicyKind::Curl).unwrap()
}

fn end(outcome: &Outcome) -> (u32, Option<Cause>) {
    (outcome.code.number(), outcome.abort.as_ref().map(|abort| abort.cause))
}

/// What is shown of a header is text, which libcurl never reads again: status, framing and body stay the origin's.
#[test]
fn a_forged_response_is_text() {
    let origin = http::serve(|_| Response::status(404).body(BODY)).unwrap();
    let spec = TransferSpec {
        url: origin.url("/"),
        show_headers: true,
        ..TransferSpec::default()
    };
    let watched = run("header-forger", curl(), &[], spec);
    let forged = b"HTTP/1.1 503 Forged\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let asked = watched.calls("header");
    assert_eq!((end(&watched.outcome), watched.outcome.status), ((0, None), 404));
    assert_eq!(
        watched.delivered(),
        [forged.repeat(asked as usize), BODY.to_vec()].concat()
    );
    assert_eq!(watched.outcome.bytes.received, BODY.len() as u64);
}

/// Whatever headers a guest sets: one request, whose body is the caller's and ends where it ends.
#[test]
fn a_request_stays_one_request() {
    for errand in [Errand::Fetch, Errand::FetchMoved, Errand::Bring, Errand::BringMoved] {
        let origin = errand::origin();
        let watched = run("pretender", curl(), &[], errand.spec(&origin));
        assert_eq!(end(&watched.outcome), (0, None), "{}", watched.outcome.message);
        let requests = origin.settle();
        assert_eq!(requests.len(), if errand.is_moved() { 2 } else { 1 }, "{requests:?}");
        for request in requests {
            let whole: &[u8] = if errand.brings() { UPLOAD } else { b"" };
            assert_eq!(request.body, whole, "{}", request.head);
            let framing = request.head.to_ascii_lowercase().matches("\r\ncontent-length:").count();
            assert_eq!(framing, usize::from(errand.brings()), "{}", request.head);
            assert!(
                !request.head.to_ascii_lowercase().contains("\r\ntransfer-encoding:"),
                "{}",
                request.head
            );
        }
        assert_eq!(origin.errors(), Vec::<String>::new());
    }
}

/// A byte of the origin's becomes a MiB of the guest's, until that is too much.
#[test]
fn what_little_becomes_is_limited() {
    let origin = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        // The other side ends it before.
        (0..40).try_for_each(|_| connection.send("1\r\nx\r\n"))
    })
    .unwrap();
    const MOST: u64 = 10 << 20;
    let spec = TransferSpec {
        url: origin.url("/"),
        config: vec![("bytes".to_owned(), (1 << 20).to_string())],
        ..TransferSpec::default()
    };
    let watched = run("huge-replace", curl(), &[(Limit::Delivered, MOST)], spec);
    assert_eq!(
        end(&watched.outcome),
        (63, Some(Cause::Policy)),
        "{}",
        watched.outcome.message
    );
    assert!(watched.delivered().len() as u64 <= MOST);
}

/// Nobody is reached by another form of his address. Each listener is there: without the policy it is dialled.
#[test]
fn no_form_of_an_address_is_a_way_around() {
    let origin = errand::origin();
    let beside = Origin::forbidden(Listen::default().on([127, 0, 0, 2].into())).unwrap();
    let other_port = Origin::forbidden(Listen::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("forbidden.sock");
    let name = format!("transferhost-forbidden-{}", std::process::id());
    let sockets = [
        UnixListener::bind(&path).unwrap(),
        UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap(),
    ];
    for socket in &sockets {
        socket.set_nonblocking(true).unwrap();
    }
    let own = origin.address().port();
    let listened = [
        beside.address().to_string(),
        other_port.address().to_string(),
        format!("unix:{}", path.display()),
        format!("unix:@{name}"),
    ];
    let forms = [
        format!("[::ffff:127.0.0.2]:{}", beside.address().port()),
        format!("[::ffff:127.0.0.1]:{}", other_port.address().port()),
        format!("0.0.0.0:{}", other_port.address().port()),
        format!("[::1]:{}", other_port.address().port()),
        "127.0.0.1:22".to_owned(),
        // The origin itself, by addresses that are not the one that is opened.
        format!("0.0.0.0:{own}"),
        format!("[::]:{own}"),
        format!("127.0.0.3:{own}"),
    ];
    let policy = PolicyFile::open(&[own, beside.address().port()], &["127.0.0.1/32"]);
    let [_, file] = policy.words();
    let led = |to: &str, policy: Policy| {
        let spec = TransferSpec {
            config: vec![("to".to_owned(), to.to_owned())],
            // Nobody answers on a unix socket here.
            max_time: Some(Duration::from_millis(300)),
            ..Errand::Fetch.spec(&origin)
        };
        end(&run("connect-elsewhere", policy, &[], spec).outcome)
    };
    for to in listened.iter().chain(&forms) {
        let policy = Policy::from_file(file.as_ref(), None).unwrap();
        assert_eq!(led(to, policy), (7, Some(Cause::Policy)), "{to}");
    }
    let accepted = || (origin.accepted(), beside.accepted(), other_port.accepted());
    assert_eq!(accepted(), (0, 0, 0));
    assert!(
        sockets.iter().all(|socket| socket.accept().is_err()),
        "a unix socket was dialled"
    );

    for to in &listened {
        assert_ne!(led(to, curl()).1, Some(Cause::Policy), "{to}");
    }
    assert_eq!(accepted(), (0, 1, 1));
    assert!(
        sockets.iter().all(|socket| socket.accept().is_ok()),
        "a unix socket was not dialled"
    );
}

/// Whoever pauses and lets go from outside, as fast as he can, gives the guest no more time than it has.
#[test]
fn a_pause_from_outside_is_no_more_time_for_the_guest() {
    struct Nothing;
    impl Sink for Nothing {
        fn deliver(&mut self, bytes: &[u8]) -> std::io::Result<()> {
            panic!("{} bytes were delivered", bytes.len())
        }
    }
    let origin = errand::origin();
    for (attack, errand, callback) in [
        ("pause-for-ever", Errand::Fetch, "write"),
        ("pause-turns", Errand::Fetch, "write"),
        ("pause-read", Errand::Bring, "read"),
    ] {
        let host = watched::host(curl(), &[(Limit::PauseBudget, 100)]);
        let plugin = host.load(&hostile(attack)).unwrap();
        let spec = TransferSpec {
            max_time: Some(PATIENCE),
            ..errand.spec(&origin)
        };
        let transfer = Transfer::new(&host, Some(&plugin), spec, Box::new(Nothing)).unwrap();
        let (handle, over) = (transfer.handle(), AtomicBool::new(false));
        let outcome = thread::scope(|scope| {
            scope.spawn(|| {
                let mut toggles = 0;
                while toggles < 100_000 && !over.load(Ordering::Acquire) {
                    for direction in [Direction::Receive, Direction::Send] {
                        handle.pause(direction);
                        handle.unpause(direction);
                    }
                    toggles += 1;
                }
            });
            let outcome = transfer.run();
            over.store(true, Ordering::Release);
            outcome
        });
        assert_eq!(
            end(&outcome),
            (28, Some(Cause::PauseBudget)),
            "{attack}: {}",
            outcome.message
        );
        let told = outcome.abort.and_then(|abort| abort.callback);
        assert_eq!(told.map(|told| told.name()), Some(callback), "{attack}");
        assert!(outcome.seconds.paused <= 0.1, "{attack}: {}", outcome.seconds.paused);
    }
}
