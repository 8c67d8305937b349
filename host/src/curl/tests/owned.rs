//! What libcurl knows of a transfer is copied while what owns it lives: FTP's entry path is the connection's, to a libcurl
//! before 8.13.0, and that goes with the multi handle, or when another transfer closes it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Fake, PATIENCE};
use crate::curl::{Easy, Hook, Info, InfoHandle, InfoName, InfoSnapshot, LongOption, Multi, Poller, TextOption, Token};

/// Long enough to have an allocation of its own.
const ENTRY: &str = "/home/somebody/with/a/long/way/to/it";

/// Serves a file of two bytes over FTP, as often as it is asked for on one connection.
fn serve() -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (control, _) = listener.accept().unwrap();
        control.set_read_timeout(Some(PATIENCE)).unwrap();
        let reply = |line: &str| (&control).write_all(format!("{line}\r\n").as_bytes());
        let mut data = None;
        reply("220 here").unwrap();
        for line in BufReader::new(&control).lines() {
            let Ok(line) = line else { return };
            // A client that has gone is the next line's affair.
            let _ = match line.split(' ').next().unwrap_or_default() {
                "USER" => reply("331 a password"),
                "PASS" => reply("230 in"),
                "PWD" => reply(&format!("257 \"{ENTRY}\"")),
                "EPSV" => {
                    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                    let port = listener.local_addr().unwrap().port();
                    data = Some(listener);
                    reply(&format!("229 here (|||{port}|)"))
                }
                "SIZE" => reply("213 2"),
                "RETR" => {
                    let (mut stream, _) = data.take().unwrap().accept().unwrap();
                    let _ = reply("150 now").and_then(|()| stream.write_all(b"ok"));
                    drop(stream);
                    reply("226 done")
                }
                _ => reply("200 so be it"),
            };
        }
    });
    (address, server)
}

struct Bed {
    poller: Rc<Poller>,
    multi: Multi<Fake>,
    address: SocketAddr,
}

impl Bed {
    fn new(address: SocketAddr) -> Bed {
        let poller = Rc::new(Poller::new().unwrap());
        let multi = Multi::new(Rc::clone(&poller), 0).unwrap();
        Bed { poller, multi, address }
    }

    fn add(&mut self, fake: &Rc<Fake>, closes: bool) -> (Token, InfoHandle) {
        let mut easy = Easy::new(Rc::clone(fake)).unwrap();
        easy.set_text(TextOption::URL, format!("ftp://{}/file", self.address))
            .unwrap();
        easy.set_text(TextOption::PROXY, "").unwrap();
        easy.set_long(LongOption::FORBID_REUSE, i64::from(closes)).unwrap();
        easy.hook(Hook::Header.into()).unwrap();
        let info = easy.info().clone();
        (self.multi.add(easy).unwrap(), info)
    }

    fn turn(&self) {
        for ready in self.poller.wait(Some(Duration::from_millis(20))).unwrap() {
            self.multi.socket_ready(ready).unwrap();
        }
        self.multi.tick().unwrap();
        // libcurl 7.88.1 asks for no more turns where EPSV is answered at once on a connection that it uses again.
        self.multi.run_all().unwrap();
    }

    /// Drives until libcurl has ended this transfer, well.
    fn end(&self, token: Token) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.turn();
            if let Some(finished) = self.multi.finished() {
                assert_eq!((finished.token, finished.code.number()), (token, 0));
                return;
            }
            assert!(Instant::now() < deadline, "it does not end");
        }
    }
}

fn entry(info: &InfoHandle) -> Option<String> {
    match info.get(InfoName::find("ftp_entry_path").unwrap()) {
        Some(Info::Text(path)) => Some(path),
        _ => None,
    }
}

fn told(snapshot: &InfoSnapshot) -> [Option<&str>; 2] {
    [snapshot.text("ftp_entry_path"), snapshot.text("scheme")]
}

#[test]
fn what_was_known_outlives_the_multi_handle() {
    for removed in [true, false] {
        let (address, server) = serve();
        let mut bed = Bed::new(address);
        let (token, info) = bed.add(&Rc::new(Fake::default()), false);
        bed.end(token);
        assert_eq!(entry(&info).as_deref(), Some(ENTRY));
        let detached = removed.then(|| bed.multi.remove(token).unwrap());
        drop(bed);
        server.join().unwrap();
        assert_eq!(entry(&info).as_deref(), Some(ENTRY));
        if let Some(detached) = detached {
            let [path, scheme] = told(&detached.info()).map(|text| text.map(str::to_ascii_lowercase));
            assert_eq!((path.as_deref(), scheme.as_deref()), (Some(ENTRY), Some("ftp")));
            assert_eq!(detached.info().number("response_code"), 226);
        }
    }
}

#[test]
fn another_transfer_closes_the_connection() {
    let (address, server) = serve();
    let mut bed = Bed::new(address);
    let first = Rc::new(Fake::default());
    let (token, info) = bed.add(&first, false);
    bed.end(token);
    let (second, _) = bed.add(&Rc::new(Fake::default()), true);
    bed.end(second);
    // The server has seen one connection, and its end.
    server.join().unwrap();
    assert_eq!(entry(&info).as_deref(), Some(ENTRY));
    let detached = bed.multi.remove(token).unwrap();
    assert_eq!(told(&detached.info())[0], Some(ENTRY));
}

#[test]
fn a_transfer_is_taken_out_in_the_middle() {
    let (address, server) = serve();
    let mut bed = Bed::new(address);
    let fake = Rc::new(Fake::default());
    let (token, info) = bed.add(&fake, false);
    let deadline = Instant::now() + PATIENCE;
    while entry(&info).is_none() {
        assert!(Instant::now() < deadline, "{:?}", fake.called.borrow());
        bed.turn();
    }
    // libcurl's clock stands still from here on, and the transfer's does not.
    std::thread::sleep(Duration::from_millis(20));
    // Its connection goes with it, and what was libcurl's is gone.
    let detached = bed.multi.remove(token).unwrap();
    drop(bed);
    server.join().unwrap();
    assert!(detached.info().seconds("time_total") >= 0.02);
    // The data connection may be there already.
    let connects = detached.info().number("num_connects");
    assert!((1..=2).contains(&connects), "{connects}");
    assert_eq!(info.number("num_connects"), connects);
    let elsewhere = std::thread::spawn(move || info.number("num_connects"));
    assert_eq!(elsewhere.join().unwrap(), connects, "the copy is anybody's");
}
