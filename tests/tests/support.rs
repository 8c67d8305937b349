//! The scripted origin and the command runner, tried with a plain socket, so that a red test elsewhere is never theirs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use transferhost_tests::PATIENCE;
use transferhost_tests::command::Transferhost;
use transferhost_tests::event::Event;
use transferhost_tests::origin::Origin;

fn connect(origin: &Origin) -> TcpStream {
    let stream = TcpStream::connect(origin.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn a_script_reads_and_sends_exact_bytes() {
    let origin = Origin::serve(|mut connection| {
        let request = connection.expect_request()?;
        connection.send([request.method().as_bytes(), b"\0\xff"].concat())
    })
    .unwrap();
    let mut client = connect(&origin);
    client
        .write_all(b"PUT /x HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody")
        .unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"PUT\0\xff");
    assert_eq!(origin.accepted(), 1);
    assert_eq!(origin.requests()[0].text(), "body");
    assert_eq!(origin.errors(), [""; 0]);
}

#[test]
fn a_script_resets_the_connection() {
    let origin = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.reset()
    })
    .unwrap();
    let mut client = connect(&origin);
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let error = client.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_script_waits_for_an_event() {
    let (arrived, go) = (Event::new(), Event::new());
    let origin = Origin::serve({
        let (arrived, go) = (arrived.clone(), go.clone());
        move |mut connection| {
            arrived.fire();
            connection.wait(&go)?;
            connection.send("late")
        }
    })
    .unwrap();
    let mut client = connect(&origin);
    assert!(arrived.wait(PATIENCE));
    go.fire();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "late");
}

#[test]
fn dropping_an_origin_ends_its_scripts() {
    let never = Event::new();
    let blocked = Event::new();
    let origin = Origin::serve({
        let blocked = blocked.clone();
        move |mut connection| {
            blocked.fire();
            if connection.number() == 0 {
                connection.wait(&never)
            } else {
                connection.expect_request().map(|_| ())
            }
        }
    })
    .unwrap();
    let mut waits = connect(&origin);
    let mut reads = connect(&origin);
    assert!(blocked.wait(PATIENCE));
    drop(origin);
    assert_eq!(waits.read(&mut [0]).unwrap(), 0);
    assert_eq!(reads.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_script_that_fails_is_told() {
    let origin = Origin::serve(|connection| match connection.number() {
        0 => Err(std::io::Error::other("as asked")),
        _ => panic!("as asked"),
    })
    .unwrap();
    for _ in 0..2 {
        assert_eq!(connect(&origin).read(&mut [0]).unwrap(), 0);
    }
    // The panic is noted while its thread unwinds, before the connection closes or just after it.
    while origin.errors().len() < 2 {
        assert!(!Event::new().wait(Duration::from_millis(1)));
    }
    assert_eq!(
        origin.errors(),
        ["connection 0: as asked", "connection 1: the script panicked"]
    );
}

#[test]
fn the_command_is_run_to_its_end() {
    let ended = Transferhost::new().arg("--version").end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(ended.text().starts_with("transferhost "), "{}", ended.text());
}
