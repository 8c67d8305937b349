//! `-C OFFSET`: an upload that goes on where an earlier one stopped.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use tempfile::TempDir;
use transferhost_tests::PATIENCE;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::outcome;
use transferhost_tests::reference::Same;
use transferhost_tests::shell;

use super::scripted::{ALL, Scripted};
use super::{BODY, bodies, origin, path, run};

/// A verdict of `seek` that goes where it was told.
const THERE: &str = "(global.set $at (i32.wrap_i64 (local.get $offset))) (call $verdict (i32.const 0))";

#[test]
fn a_file_resumes_as_curls_does() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, BODY).unwrap();
    let url = &origin.url("/x");
    for offset in ["0", "5", "23"] {
        let (code, requests) = Same::new(["-sS", "-C", offset, "-T", &file.to_string_lossy(), url]).alike(&origin);
        assert_eq!(code, Some(0));
        assert_eq!(requests[0].body, &BODY[offset.parse::<usize>().unwrap()..]);
    }
    // Over HTTP nobody says where to begin.
    let (code, requests) = Same::new(["-sS", "-C", "-", "-T", &file.to_string_lossy(), url]).alike(&origin);
    assert_eq!((code, &requests[0].body[..]), (Some(0), BODY));
    // Of a stream as much is left out.
    let (code, requests) = Same::new(["-sS", "-C", "5", "-T", "-", url]).input(BODY).alike(&origin);
    assert_eq!((code, &requests[0].body[..]), (Some(0), &BODY[5..]));
}

/// One request whose head is told before its body is read; answers the body of its chunks.
fn receive(listener: &TcpListener, begun: &Sender<()>) -> io::Result<Vec<u8>> {
    let (stream, _) = listener.accept()?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(&stream);
    let mut line = || {
        let mut line = String::new();
        match lines.read_line(&mut line)? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            _ => Ok(line.trim_end().to_owned()),
        }
    };
    while !line()?.is_empty() {}
    begun.send(()).map_err(io::Error::other)?;
    (&stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    let mut body = String::new();
    // What is sent has no line breaks, so each chunk is a line behind that of its length.
    while line()? != "0" {
        body += &line()?;
    }
    line()?;
    (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
    Ok(body.into_bytes())
}

#[test]
fn a_stream_that_is_late_resumes_too() {
    let folder = TempDir::new().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut open = fs::File::options().read(true).write(true).open(&fifo).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let (sender, begun) = channel();
    let received = thread::spawn(move || receive(&listener, &sender));
    let script = format!(r#"exec "$@" <'{}'"#, fifo.display());
    let running = shell::start(&script, ["run", "--no-plugin", "-sS", "-C", "5", "-T", "-", &url]);
    // The request begins before there is a byte.
    let head = begun.recv_timeout(PATIENCE);
    assert!(head.is_ok(), "it ended before: {}", running.end().stderr);
    open.write_all(BODY).unwrap();
    drop(open);
    let ended = running.end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(received.join().unwrap().unwrap(), &BODY[5..]);

    // Of a guest's bytes libcurl reads by itself what it drops, and cannot pause at that: then it waits for the stream.
    let origin = origin();
    let curls = ["-C", "5", "-T", "-", &origin.url("/x")];
    let passing = Scripted::read(b"", "(call $pass)");
    let got = bodies(&origin, || run(&[], &path(&passing), &curls, BODY));
    assert_eq!(got, [&BODY[5..]]);
    let pausing = Scripted::read(b"", "(call $pause (i32.const 1))");
    let (ended, told) = run(&[], &path(&pausing), &curls, b"");
    assert_eq!(outcome::end(&told), (26, Some("bad-return")), "{}", ended.stderr);
    // Where it ends before, there is nothing to go on with.
    let ended = Same::new(["-sS", "-C", "100", "-T", "-", &origin.url("/x")])
        .input(BODY)
        .ours();
    assert_eq!(ended.code(), Some(26), "{}", ended.stderr);
}

#[test]
fn a_guest_resumes() {
    let origin = origin();
    let url = &origin.url("/x");
    let with = |name, answer: &str| Scripted::new(BODY, &[("read", ALL), (name, answer)]);
    let size = &*BODY.len().to_string();
    for (plugin, seeks) in [
        (with("seek", THERE), 1),
        // libcurl reads and drops.
        (with("seek", "(call $verdict (i32.const 2))"), 1),
        (Scripted::read(BODY, ALL), 0),
        // `ioctl` can begin again and nothing else.
        (with("ioctl", "(call $abort)"), 0),
    ] {
        for ours in [&[][..], &["--upload-size", size]] {
            let mut calls = 0;
            let got = bodies(&origin, || {
                let (ended, told) = run(ours, &path(&plugin), &["-C", "5", "-T", "-", url], b"");
                calls = outcome::calls(&told, "seek");
                (ended, told)
            });
            assert_eq!((got, calls), (vec![BODY[5..].to_vec()], seeks), "{ours:?}");
            let range = origin
                .requests()
                .pop()
                .unwrap()
                .header("content-range")
                .map(str::to_owned);
            assert!(range.is_some_and(|it| it.starts_with("bytes 5-")), "{ours:?}");
        }
    }
    let generator = guest("upload-generator");
    let ours = ["--set", "size=100", "--upload-size", "100"];
    let got = bodies(&origin, || {
        run(&ours, &generator.to_string_lossy(), &["-C", "90", "-T", "-", url], b"")
    });
    let counted: Vec<u8> = (0..13_u64).flat_map(u64::to_be_bytes).take(100).collect();
    assert_eq!(got, [&counted[90..]]);
    let range = origin.requests().pop().unwrap();
    assert_eq!(
        (range.header("content-range"), range.header("content-length")),
        (Some("bytes 90-99/100"), Some("10"))
    );
}

#[test]
fn a_guest_that_will_not_is_26() {
    let origin = origin();
    let url = &origin.url("/x");
    let with = |answer| Scripted::new(BODY, &[("read", ALL), ("seek", answer)]);
    for (answer, cause) in [
        ("(call $verdict (i32.const 1))", "refused"),
        ("(call $abort)", "guest-abort"),
    ] {
        let (ended, told) = run(&[], &path(&with(answer)), &["-C", "5", "-T", "-", url], b"");
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(26), (26, Some(cause))),
            "{}",
            ended.stderr
        );
        assert_eq!(
            (&told["abort"]["callback"], &told["abort"]["blame"]),
            (&"seek".into(), &"guest".into()),
            "{told}"
        );
        assert!(ended.stderr.contains("(26) seek: "), "{}", ended.stderr);
    }
    // Beyond its end.
    let generator = guest("upload-generator");
    let curls = ["-C", "101", "-T", "-", url];
    let (_, told) = run(&["--set", "size=100"], &generator.to_string_lossy(), &curls, b"");
    assert_eq!(outcome::end(&told), (26, Some("refused")));
    assert_eq!(origin.requests().len(), 0);
}

#[test]
fn what_resumes_may_have_to_begin_again() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, BODY).unwrap();
    let plugin = Scripted::new(BODY, &[("read", ALL), ("seek", THERE)]);
    let curls = ["-L", "-C", "5", "-T", "-", &origin.url("/307")];
    let (ended, told) = run(&["--upload-size", &BODY.len().to_string()], &path(&plugin), &curls, b"");
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let got: Vec<Vec<u8>> = origin.requests().into_iter().map(|it| it.body).collect();
    assert_eq!(got[0], &BODY[5..]);
    // An older libcurl begins the second time at the beginning, and sends as many bytes as were announced.
    let again = if cfg!(feature = "system-curl") {
        &BODY[..BODY.len() - 5]
    } else {
        &BODY[5..]
    };
    assert_eq!(got[1], again, "{told}");
}

#[test]
fn what_is_posted_does_not_resume() {
    let origin = origin();
    for arguments in [&["-C", "5", "-F", "a=b"][..], &["-C", "5", "-d", "data"]] {
        let ended = Transferhost::run()
            .args(["--no-plugin", "-sS"])
            .args(arguments)
            .arg(origin.url("/x"))
            .end();
        assert_eq!(ended.code(), Some(2), "{arguments:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("-C") && ended.stderr.contains("-T"),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(origin.accepted(), 0);
}
