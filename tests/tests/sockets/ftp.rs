//! Active FTP: the socket that libcurl listens on, and the connection that it accepts there.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};

use transferhost::{Body, Callback, Source, TransferSpec};
use transferhost_tests::ftp::Ftp;
use transferhost_tests::guests::guest;

use crate::descriptor;
use crate::inside::{Ended, Ready, get, run};
use crate::written::Written;

const BYTES: &[u8] = b"the bytes of a file";

fn server() -> Ftp {
    Ftp::serve([("/file", BYTES.to_vec())]).unwrap()
}

/// A download over an active data connection.
fn active(server: &Ftp, plugin: &Path) -> Ended {
    let spec = TransferSpec {
        ftp_port: Some("-".to_owned()),
        ..get(&server.url("/file"))
    };
    Ready::new(plugin, spec, |_| ()).end()
}

/// How often the server was told to send or to take a file.
fn asked(server: &Ftp, verb: &str) -> usize {
    server.commands().iter().filter(|it| it.starts_with(verb)).count()
}

#[test]
fn a_listening_socket_is_asked_for_and_an_accepted_one_told() {
    let server = server();
    let ended = active(&server, &guest("socket-tracer")).delivered(BYTES.len() as u64);
    let control = format!("opensocket({}) -> allow", server.address());
    assert_eq!(
        ended.calls("opensocket"),
        [control.as_str(), "opensocket(127.0.0.1:0) -> allow"]
    );
    // libcurl tells of a socket that it connects, and of one that it has accepted; not of one that it listens on.
    assert_eq!(
        ended.calls("sockopt"),
        ["sockopt(ipcxn, socket 1) -> ok", "sockopt(accept, socket 3) -> ok"]
    );
    // The accepted one it closes itself, without a word.
    let mut closed = ended.calls("closesocket");
    closed.sort_unstable();
    assert_eq!(closed, ["closesocket(socket 1) -> ok", "closesocket(socket 2) -> ok"]);
    assert_eq!(descriptor::connected_to(server.address()).len(), 0);
    assert_eq!((asked(&server, "EPRT"), asked(&server, "RETR")), (1, 1));
}

/// Whichever of the callbacks the plugin exports: libcurl tells of an accepted connection in `sockopt` alone.
#[test]
fn what_is_waited_for_on_an_accepted_connection_is_told() {
    let size = 4 << 20;
    let server = Ftp::serve([("/file", vec![b'x'; size])]).unwrap();
    for without in [vec![], vec![Callback::Sockopt]] {
        let spec = TransferSpec {
            ftp_port: Some("-".to_owned()),
            without: without.clone(),
            ..get(&server.url("/file"))
        };
        let ended = Ready::new(&guest("socket-tracer"), spec, |_| ()).end();
        let told = ended
            .calls("socket")
            .into_iter()
            .any(|call| call.starts_with("socket(in, socket 3)"));
        assert!(told, "{without:?}: {:#?}", ended.calls("socket"));
        ended.delivered(size as u64);
    }
}

#[test]
fn a_passive_connection_is_one_like_any_other() {
    let server = server();
    let ended = run(&guest("socket-tracer"), &server.url("/file")).delivered(BYTES.len() as u64);
    for callback in ["opensocket", "sockopt", "closesocket"] {
        assert_eq!(ended.calls(callback).len(), 2, "{:#?}", ended.log);
    }
    assert_eq!(asked(&server, "EPSV"), 1);
}

#[test]
fn files_are_stored_over_connections_of_both_kinds() {
    let server = server();
    for (path, ftp_port) in [("/passive", None), ("/active", Some("127.0.0.1".to_owned()))] {
        let spec = TransferSpec {
            body: Body::Upload(Source::bytes(BYTES.to_vec())),
            ftp_port,
            ..get(&server.url(path))
        };
        Ready::new(&guest("socket-tracer"), spec, |_| ()).end().delivered(0);
        assert_eq!(server.file(path).as_deref(), Some(BYTES), "{path}");
    }
    assert_eq!((asked(&server, "EPRT"), asked(&server, "STOR")), (1, 2));
}

#[test]
fn an_accepted_connection_is_refused_by_either_word() {
    let server = server();
    for answer in ["16", "32"] {
        // To the connection, `ok`; to what was accepted, the other.
        let body = format!(
            "(call $drop (local.get $socket)) (select (i32.const {answer}) (i32.const 0) (local.get $purpose))"
        );
        let ended = active(&server, &Written::sockopt(&body).path);
        assert_eq!(ended.calls("sockopt").len(), 2, "{:#?}", ended.log);
        // Nothing that has been accepted can be connected, so libcurl takes the one for the other.
        let ended = ended.aborted(42, "sockopt", "refused");
        assert_eq!(ended.outcome.bytes.delivered, 0);
        assert_eq!(descriptor::connected_to(server.address()).len(), 0);
    }
}

/// Allows the control connection, and answers for the data connection with what is at this place.
fn after_the_first(answer: &str) -> Written {
    let body = format!("(select (i32.const {answer}) (i32.const 0) (i32.gt_u (global.get $calls) (i32.const 1)))");
    Written::opensocket(&body, &[1, 0, 0, 0, 96, 0, 0, 0, 2, 0, 0, 0])
}

#[test]
fn a_data_connection_is_refused() {
    // After EPSV libcurl tries PASV, which is another address.
    for (answer, cause, calls) in [("64", "refused", 3), ("128", "guest-abort", 2)] {
        let plugin = after_the_first(answer);
        let server = server();
        let ended = run(&plugin.path, &server.url("/file")).aborted(7, "opensocket", cause);
        assert_eq!(ended.calls("opensocket").len(), calls, "{:#?}", ended.log);
        assert_eq!(asked(&server, "RETR"), 0, "{cause}");
    }
}

#[test]
fn a_listening_socket_is_refused() {
    for (answer, cause) in [("128", "guest-abort"), ("64", "refused")] {
        let plugin = after_the_first(answer);
        let server = server();
        let ended = active(&server, &plugin.path).aborted(7, "opensocket", cause);
        assert_eq!(ended.calls("opensocket").len(), 2, "{:#?}", ended.log);
        assert_eq!(asked(&server, "RETR"), 0, "{cause}");
    }
}

/// libcurl closes the socket that it listened on, and only then is it known that nothing is to be waited for on it.
#[test]
fn a_number_that_was_closed_is_anyones() {
    let server = server();
    let files: Arc<Mutex<Vec<File>>> = Arc::default();
    let into = files.clone();
    let hook = move |line: &str| {
        if line.starts_with("sockopt(accept,") {
            // The lowest number that is free is given out first.
            let open = || File::open(std::env::current_exe().unwrap()).unwrap();
            into.lock().unwrap().extend((0..50).map(|_| open()));
        }
    };
    let spec = TransferSpec {
        ftp_port: Some("-".to_owned()),
        ..get(&server.url("/file"))
    };
    let ended = Ready::new(&guest("socket-tracer"), spec, hook).end();
    ended.delivered(BYTES.len() as u64);
    assert_eq!(files.lock().unwrap().len(), 50);
}
