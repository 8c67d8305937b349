//! What libcurl still calls when the transfer, or its handle, is gone.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use super::{Does, Fake, PATIENCE, drive, prepared, serve};
use crate::callback::Callback;
use crate::curl::{LibcurlVersion, Multi, Poller};

#[test]
fn a_transfer_is_dropped_in_the_middle() {
    // While it connects, while it waits for an answer, in the middle of the body; and before it was driven at all.
    for (answers, until) in [
        (false, Callback::Opensocket),
        (false, Callback::Debug),
        (true, Callback::Header),
        (true, Callback::Write),
    ] {
        for panics in [false, true] {
            let (address, server) = serve(answers);
            let fake = Rc::new(match panics {
                true => Fake::new(Callback::Closesocket, Does::Panic),
                false => Fake::default(),
            });
            let code = drive(&fake, prepared(&fake, address, false), |fake| fake.was_called(until));
            // An older libcurl closes a socket that it is connecting by itself, without a word.
            if LibcurlVersion::get().bundled || answers {
                assert_eq!(fake.open.get(), 0, "{until}: {code:?}");
            }
            assert_eq!(
                Rc::strong_count(&fake),
                1,
                "{until}: nothing of libcurl's has it any more"
            );
            drop(std::net::TcpStream::connect(address));
            server.join().unwrap();
        }
    }
    let fake = Rc::new(Fake::default());
    drop(prepared(&fake, ([127, 0, 0, 1], 1).into(), false));
    assert_eq!(Rc::strong_count(&fake), 1);
}

/// A connection that is kept is closed by the multi handle, with the handler of a transfer that is gone.
#[test]
fn a_kept_connection_outlives_its_transfer() {
    for removed_first in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .unwrap();
            // Until it is closed.
            let _ = stream.read(&mut buffer);
        });
        let fake = Rc::new(Fake::default());
        let gone = Rc::downgrade(&fake);
        let poller = Rc::new(Poller::new().unwrap());
        let mut multi = Multi::new(Rc::clone(&poller), 0).unwrap();
        let token = multi.add(prepared(&fake, address, false)).unwrap();
        while multi.finished().is_none() {
            for ready in poller.wait(Some(Duration::from_millis(20))).unwrap() {
                multi.socket_ready(ready).unwrap();
            }
            multi.tick().unwrap();
        }
        assert_eq!((fake.received.get(), fake.open.get()), (2, 1), "it is kept");
        if removed_first {
            drop(multi.remove(token));
        }
        drop(fake);
        drop(multi);
        assert!(gone.upgrade().is_none());
        server.join().unwrap();
    }
}
