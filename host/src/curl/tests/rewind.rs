//! An upload that a redirect sends elsewhere, and that begins again there.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::thread::JoinHandle;

use super::{BODY, Does, Fake, PATIENCE, drive, prepared};
use crate::callback::Callback;
use crate::curl::{CurlCode, Hook, LongOption, SlistOption};

/// Takes uploads, one a connection: sends the first on, and keeps the second. How many came.
fn serve() -> (SocketAddr, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let answers = ["307 Moved\r\nLocation: /again", "200 OK"];
        for (at, answer) in answers.iter().enumerate() {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            while !seen.ends_with(b"0\r\n\r\n") {
                match stream.read(&mut buffer) {
                    // Whoever cannot begin again does not come again.
                    Ok(0) | Err(_) => return at,
                    Ok(count) => seen.extend_from_slice(&buffer[..count]),
                }
            }
            let head = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
        }
        answers.len()
    });
    (address, server)
}

#[test]
fn an_upload_begins_again_by_seek_or_by_ioctl() {
    for (callback, does, expected) in [
        (Callback::Seek, Does::Fine, CurlCode::OK),
        (Callback::Ioctl, Does::Fine, CurlCode::OK),
        (Callback::Seek, Does::Abort, CurlCode::SEND_FAIL_REWIND),
        (Callback::Ioctl, Does::Abort, CurlCode::SEND_FAIL_REWIND),
        (Callback::Seek, Does::Panic, CurlCode::SEND_FAIL_REWIND),
        (Callback::Ioctl, Does::Panic, CurlCode::SEND_FAIL_REWIND),
    ] {
        let (address, server) = serve();
        let fake = Rc::new(Fake::new(callback, does));
        fake.to_send.set(BODY);
        let mut easy = prepared(&fake, address, false);
        easy.set_long(LongOption::UPLOAD, 1).unwrap();
        easy.set_long(LongOption::FOLLOWLOCATION, 1).unwrap();
        // Nobody here answers with 100, for which libcurl would wait.
        easy.set_slist(SlistOption::HTTPHEADER, &["Expect:".to_owned()])
            .unwrap();
        let mut hooks = Hook::Read | Hook::Ioctl;
        if callback == Callback::Seek {
            hooks |= Hook::Seek;
        }
        easy.hook(hooks).unwrap();
        assert_eq!(drive(&fake, easy, |_| false), Some(expected), "{callback} {does:?}");
        assert!(fake.was_called(callback), "{callback}");
        drop(std::net::TcpStream::connect(address));
        let came = server.join().unwrap();
        assert_eq!(
            came,
            if expected == CurlCode::OK { 2 } else { 1 },
            "{callback} {does:?}"
        );
    }
}
