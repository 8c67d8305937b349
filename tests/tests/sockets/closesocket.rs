//! `closesocket`: once for each socket, whatever became of it, and the descriptor is closed whatever is answered.

use std::fs;
use std::sync::{Arc, Mutex, OnceLock};

use transferhost::{Callback, Handle, TransferSpec};
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use crate::descriptor;
use crate::inside::{Ended, Ready, get, run};
use crate::places::{Localhost, nobody};
use crate::written::Written;

const OK: &str = "i32.const 0";

/// Each socket that was made is closed once, before `done`, if that was asked.
fn closed_once(ended: &Ended) {
    let name = |call: &str| {
        call.split("socket ")
            .nth(1)
            .unwrap()
            .split(')')
            .next()
            .unwrap()
            .to_owned()
    };
    let mut made: Vec<_> = ended.calls("sockopt").into_iter().map(name).collect();
    let mut closed: Vec<_> = ended.calls("closesocket").into_iter().map(name).collect();
    made.sort();
    closed.sort();
    assert!(!made.is_empty() && made == closed, "{:#?}", ended.log);
}

#[test]
fn it_comes_once_for_each_socket() {
    let tracer = guest("socket-tracer");
    let origin = http::serve(|request| match request.path() {
        "/moved" => Response::redirect(302, "/"),
        _ => Response::ok("body"),
    })
    .unwrap();
    closed_once(&run(&tracer, &origin.url("/")).delivered(4));
    let follow = TransferSpec {
        follow: true,
        ..get(&origin.url("/moved"))
    };
    let ended = Ready::new(&tracer, follow, |_| ()).end().delivered(4);
    assert_eq!(ended.calls("closesocket").len(), 2, "{:#?}", ended.log);
    closed_once(&ended);

    // Refused; on one address of two; cut short.
    let refused = run(&tracer, &format!("http://{}/", nobody()));
    assert_eq!(refused.end(), (7, None));
    closed_once(&refused);
    let second = run(&tracer, &Localhost::alone().url_as("localhost", "/")).delivered(4);
    assert_eq!(second.calls("closesocket").len(), 2, "{:#?}", second.log);
    closed_once(&second);
    let short = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody")
    })
    .unwrap();
    let short = run(&tracer, &short.url("/"));
    assert_eq!(short.end(), (18, None));
    closed_once(&short);
}

#[test]
fn it_comes_before_done() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let plugin = Written::life(OK, OK, OK);
    for (url, code) in [(origin.url("/"), 0), (format!("http://{}/", nobody()), 7)] {
        let ended = run(&plugin.path, &url);
        assert_eq!(ended.end(), (code, None));
        assert_eq!(ended.calls("closesocket").len(), 1, "{:#?}", ended.log);
        assert!(ended.at("closesocket(") < ended.at("done("), "{:#?}", ended.log);
        assert_eq!(ended.calls("done").len(), 1);
    }
}

#[test]
fn nothing_is_assigned_to_a_socket_that_is_closed() {
    let localhost = Localhost::alone();
    // The first address is refused, so there is a second socket; in its close the first one is gone, and it is not. When
    // all is done it is gone as well.
    let closes = "(if (i32.eqz (call $assigned (local.get $socket))) (then (unreachable)))
        (if (i64.gt_u (local.get $socket) (i64.const 1))
          (then (if (call $assigned (i64.sub (local.get $socket) (i64.const 1))) (then (unreachable)))))
        i32.const 0";
    let done = "(if (call $assigned (i64.const 1)) (then (unreachable)))
        (if (call $assigned (i64.const 2)) (then (unreachable)))
        i32.const 0";
    let ended = run(
        &Written::life(OK, closes, done).path,
        &localhost.url_as("localhost", "/"),
    )
    .delivered(4);
    assert_eq!(ended.calls("closesocket").len(), 2, "{:#?}", ended.log);
    assert_eq!(ended.calls("done").len(), 1);
}

/// An origin that sends a part and keeps the connection, and a transfer that is cancelled when it has come.
fn cancelled(plugin: &str) -> Ended {
    let origin = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody")?;
        connection.wait_for_close()
    })
    .unwrap();
    let address = origin.address();
    let handle: Arc<OnceLock<Handle>> = Arc::default();
    let by = handle.clone();
    let hook = move |line: &str| {
        if line.starts_with("delivered") {
            by.get().unwrap().cancel();
        }
    };
    let ready = Ready::new(&guest(plugin), get(&origin.url("/")), hook);
    let _ = handle.set(ready.handle());
    let ended = ready.end();
    assert_eq!(
        ended.end(),
        (42, Some("cancelled".to_owned())),
        "{}",
        ended.outcome.message
    );
    assert_eq!(descriptor::connected_to(address).len(), 0);
    ended
}

#[test]
fn a_guest_that_is_over_is_not_told() {
    // The socket is closed all the same.
    let ended = cancelled("socket-tracer");
    assert_eq!(ended.calls("sockopt").len(), 1);
    assert_eq!(ended.calls("closesocket"), [""; 0], "{:#?}", ended.log);
    assert!(
        !ended.log.iter().any(|line| line.starts_with("socket(remove")),
        "{:#?}",
        ended.log
    );
}

#[test]
fn an_abort_is_the_hosts_to_act_on() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    for (plugin, cause) in [("abort-closesocket", "guest-abort"), ("trap-closesocket", "trap")] {
        let ended = run(&hostile(plugin), &origin.url("/")).aborted(42, "closesocket", cause);
        assert_eq!(ended.calls("closesocket").len(), 1, "{plugin}");
        // libcurl was content, and so was the sink.
        assert_eq!(
            ended.outcome.libcurl_code.map(|code| code.number()),
            Some(0),
            "{plugin}"
        );
        assert_eq!(ended.outcome.bytes.delivered, 4, "{plugin}");
        assert!(ended.at("delivered 4 bytes") < ended.at("closesocket("), "{plugin}");
        assert_eq!(descriptor::connected_to(origin.address()).len(), 0, "{plugin}");
    }
}

#[test]
fn an_abort_counts_where_the_address_failed_too() {
    for (plugin, cause) in [("abort-closesocket", "guest-abort"), ("trap-closesocket", "trap")] {
        let ended = run(&hostile(plugin), &format!("http://{}/", nobody()));
        let (code, is) = ended.end();
        // The transfer would have ended with 7, but its socket was closed before it had ended.
        assert_eq!((code, is.as_deref()), (42, Some(cause)), "{plugin}: {:#?}", ended.log);
    }
}

#[test]
fn no_descriptor_outlives_its_transfer() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let address = origin.address();
    let open: Arc<Mutex<Vec<usize>>> = Arc::default();
    let while_it_runs = |plugin: &str, without: &[Callback]| {
        let into = open.clone();
        let hook = move |line: &str| {
            if line.starts_with("delivered") {
                into.lock().unwrap().push(descriptor::connected_to(address).len());
            }
        };
        let spec = TransferSpec {
            without: without.to_vec(),
            ..get(&origin.url("/"))
        };
        Ready::new(&guest(plugin), spec, hook).end().delivered(4);
        assert_eq!(descriptor::connected_to(address).len(), 0, "{plugin}");
    };
    while_it_runs("socket-tracer", &[]);
    while_it_runs("socket-tracer", &[Callback::Closesocket]);
    while_it_runs("pass", &[]);
    assert_eq!(*open.lock().unwrap(), [1, 1, 1]);
}

#[test]
fn a_transfer_that_never_runs_leaves_nothing() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let tracer = guest("socket-tracer");
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    // Other tests of this process have theirs, but none has as many.
    let most = open() + 200;
    for _ in 0..300 {
        drop(Ready::new(&tracer, get(&origin.url("/")), |line| panic!("{line}")));
    }
    assert!(open() < most);
    assert_eq!(origin.accepted(), 0);
}
