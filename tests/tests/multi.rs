//! What a multi handle tells: `timer`, `socket`, and the value that a guest assigns to a socket.

#[path = "sockets/inside.rs"]
mod inside;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread;

use inside::{Ended, Ready, get, run, second_of_localhost};
use transferhost::{Direction, Handle};
use transferhost_tests::event::Event;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

const TWO_PARTS: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none";

/// The number of the socket that a call is about.
fn socket_of(call: &str) -> &str {
    let (_, rest) = call.split_once("socket ").expect("a socket is named");
    rest.split_once(')').expect("the call's end").0
}

/// What each socket was waited for, in order: `in`, `out`, `inout`, `none`, `remove`.
fn waits<'a>(ended: &'a Ended, socket: &str) -> Vec<&'a str> {
    let calls = ended
        .calls("socket")
        .into_iter()
        .filter(|call| socket_of(call) == socket);
    calls
        .map(|call| &call["socket(".len()..call.find(',').unwrap()])
        .collect()
}

/// An origin whose response comes when libcurl waits for it, and who tells it so.
fn patient(listen: Listen) -> (Origin, impl Fn(&str) + Clone + Send + Sync + 'static) {
    let waited_for = Event::new();
    let origin = Origin::serve_on(listen, {
        let waited_for = waited_for.clone();
        move |mut connection| {
            connection.expect_request()?;
            connection.wait(&waited_for)?;
            connection.send(TWO_PARTS)?;
            connection.send("two")
        }
    });
    let hook = move |line: &str| {
        if line.starts_with("socket(in,") {
            waited_for.fire();
        }
    };
    (origin.unwrap(), hook)
}

#[test]
fn the_timer_is_told_where_it_changes() {
    let origin = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")?;
        (0..100).try_for_each(|_| connection.send([b'x'; 10_000]))
    })
    .unwrap();
    let ended = run(&guest("socket-tracer"), &origin.url("/")).delivered(1_000_000);
    let told = ended.calls("timer");
    // At once, to begin with.
    assert_eq!(told[0], "timer(0 ms) -> ok", "{told:?}");
    assert!(ended.at("timer(") < ended.at("opensocket("), "{:#?}", ended.log);
    // A value is told once: where libcurl says it again, nothing has changed.
    assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "{told:?}");
    assert_eq!(
        ended.prints().iter().filter(|line| line.starts_with("timer: ")).count(),
        told.len()
    );
}

#[test]
fn an_abort_in_either_ends_the_transfer() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    for callback in ["timer", "socket"] {
        for (how, cause) in [("abort", "guest-abort"), ("trap", "trap")] {
            let plugin = hostile(&format!("{how}-{callback}"));
            let ended = run(&plugin, &origin.url("/")).aborted(42, callback, cause);
            assert_eq!(ended.log.len(), 1, "{:#?}", ended.log);
            // libcurl did not hear of it: it would have ended every transfer of the handle.
            assert_eq!(ended.outcome.libcurl_code, None);
            assert_eq!(ended.outcome.bytes.delivered, 0);
        }
    }
}

#[test]
fn a_socket_is_one_by_its_number() {
    let (origin, hook) = patient(second_of_localhost());
    // Two addresses, of which nobody is at the first.
    let spec = get(&origin.url_as("localhost", "/"));
    let ended = Ready::new(&guest("socket-tracer"), spec, hook).end().delivered(6);
    let sockets: Vec<_> = ended.calls("sockopt").into_iter().map(socket_of).collect();
    assert_eq!(sockets, ["1", "2"], "{:#?}", ended.log);
    for socket in &sockets {
        let of = |callback: &str| format!("{callback}, socket {socket})");
        let line = |begin: &str| ended.log.iter().position(|line| line.contains(&of(begin)));
        let made = line("sockopt(ipcxn").expect("it was made");
        let closed = ended.at(&format!("closesocket(socket {socket})"));
        let told: Vec<_> = (0..ended.log.len())
            .filter(|at| ended.log[*at].starts_with("socket(") && socket_of(&ended.log[*at]) == *socket)
            .collect();
        assert!(told.iter().all(|at| made < *at && *at < closed), "{:#?}", ended.log);
    }
    // The one that was used: room first, then bytes, then no more.
    assert_eq!(waits(&ended, "2"), ["out", "in", "remove"], "{:#?}", ended.log);
    // None but these was told of.
    assert!(
        ended
            .calls("socket")
            .into_iter()
            .all(|call| sockets.contains(&socket_of(call)))
    );
}

#[test]
fn what_is_assigned_comes_back() {
    let (origin, hook) = patient(Listen::default());
    let spec = || get(&origin.url("/"));
    let ended = Ready::new(&guest("socket-tracer"), spec(), hook.clone())
        .end()
        .delivered(6);
    // The tracer assigns how often it was told before, and nothing when it is told to stop.
    let told = ended.prints().into_iter().filter(|line| line.contains(" waits for "));
    let counts: Vec<usize> = told
        .map(|line| line[line.find('(').unwrap() + 1..line.len() - 1].parse().unwrap())
        .collect();
    assert_eq!(counts, [0, 1, 2]);
    // What cannot be assigned to is said to be unknown, in whichever callback it is tried.
    Ready::new(&hostile("meddler"), spec(), hook).end().delivered(6);
}

/// The first name of /etc/hosts for this machine that libcurl does not know by itself, so that its resolver's own thread
/// and socket are there.
fn own_name() -> Option<String> {
    let hosts = fs::read_to_string("/etc/hosts").ok()?;
    let mut names = hosts
        .lines()
        .filter_map(|line| line.strip_prefix("127.0.0.1"))
        .flat_map(str::split_whitespace);
    names
        .find(|name| !name.starts_with('#') && !name.contains("localhost"))
        .map(str::to_owned)
}

#[test]
fn the_resolvers_sockets_are_nobodys_affair() {
    let Some(name) = own_name() else {
        // Not eprintln!, which libtest hides when the test passes.
        let _ = writeln!(
            io::stderr(),
            "SKIPPED: 127.0.0.1 has no name but localhost in /etc/hosts"
        );
        return;
    };
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let ended = run(&guest("socket-tracer"), &origin.url_as(&name, "/")).delivered(4);
    assert!(ended.at("socket(") > ended.at("sockopt("), "{:#?}", ended.log);
    assert!(!waits(&ended, "1").is_empty());
    assert_eq!(
        waits(&ended, "1").len(),
        ended.calls("socket").len(),
        "{:#?}",
        ended.log
    );
}

#[test]
fn a_socket_is_told_of_when_it_is_added_removed_paused_and_resumed() {
    // The response comes when libcurl waits for it; what is held is its beginning, and the rest comes when that has passed.
    let (waits_for_it, passed) = (Event::new(), Event::new());
    let origin = Origin::serve({
        let (waits_for_it, passed) = (waits_for_it.clone(), passed.clone());
        move |mut connection| {
            connection.expect_request()?;
            connection.wait(&waits_for_it)?;
            connection.send(TWO_PARTS)?;
            connection.wait(&passed)?;
            connection.send("two")
        }
    })
    .unwrap();
    let handle: Arc<OnceLock<Handle>> = Arc::default();
    let hook = {
        let handle = handle.clone();
        move |line: &str| {
            if line.starts_with("socket(in,") {
                waits_for_it.fire();
            } else if line.starts_with("delivered") {
                passed.fire();
            } else if line.starts_with("socket(remove,") {
                handle
                    .get()
                    .expect("it is set before the run")
                    .unpause(Direction::Receive);
            }
        }
    };
    let ready = Ready::new(&guest("socket-tracer"), get(&origin.url("/")), hook);
    ready.handle().pause(Direction::Receive);
    assert!(handle.set(ready.handle()).is_ok());
    let ended = ready.end().delivered(6);
    assert_eq!(
        waits(&ended, "1"),
        ["out", "in", "remove", "in", "remove"],
        "{:#?}",
        ended.log
    );
    assert!(ended.at("socket(remove,") < ended.at("delivered"), "{:#?}", ended.log);
    // A guest's value goes with the removal, and with nothing after it.
    assert!(
        ended.prints().contains(&"socket 1: waits for bytes to come (0)"),
        "{:#?}",
        ended.log
    );
}

/// Two transfers on threads of their own, in one host: one's guest fails while the other's waits for its body.
fn beside(failing: &Path, callback: &str, cause: &str) {
    let failed = Event::new();
    let origin = Origin::serve({
        let failed = failed.clone();
        move |mut connection| {
            connection.expect_request()?;
            connection.send(TWO_PARTS)?;
            connection.wait(&failed)?;
            connection.send("two")
        }
    })
    .unwrap();
    let begun = Event::new();
    thread::scope(|scope| {
        let neighbour = scope.spawn(|| {
            let begun = begun.clone();
            let hook = move |line: &str| {
                if line.starts_with("delivered") {
                    begun.fire();
                }
            };
            Ready::new(&guest("socket-tracer"), get(&origin.url("/")), hook).end()
        });
        assert!(begun.wait(transferhost_tests::PATIENCE));
        let elsewhere = http::serve(|_| Response::ok("body")).unwrap();
        run(failing, &elsewhere.url("/")).aborted(42, callback, cause);
        failed.fire();
        let neighbour = neighbour.join().expect("it does not panic").delivered(6);
        assert_eq!(neighbour.calls("closesocket").len(), 1);
    });
}

#[test]
fn a_failing_callback_leaves_its_neighbours_alone() {
    for callback in ["timer", "socket"] {
        beside(&hostile(&format!("trap-{callback}")), callback, "trap");
        beside(&hostile(&format!("abort-{callback}")), callback, "guest-abort");
    }
}
