//! Answers on every address there is, and tells which were dialled.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use transferhost_tests::namespace::Beyond;

pub(crate) struct Listener(Arc<Mutex<Vec<IpAddr>>>);

impl Listener {
    /// On these ports, here and beyond. `/to/HOST` redirects there, every other path is `body`.
    pub(crate) fn on(ports: &[u16], beyond: &Beyond) -> Self {
        let dialled = Arc::new(Mutex::new(Vec::new()));
        let listeners = ports.iter().flat_map(|port| {
            let here = TcpListener::bind(("::", *port)).unwrap_or_else(|error| panic!("{port}: {error}"));
            [here, beyond.listen(*port)]
        });
        for listener in listeners {
            let dialled = Arc::clone(&dialled);
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    if let Ok(address) = stream.local_addr() {
                        dialled.lock().unwrap().push(address.ip().to_canonical());
                    }
                    thread::spawn(move || answer(stream));
                }
            });
        }
        Self(dialled)
    }

    /// The addresses that were dialled since this was last asked.
    pub(crate) fn dialled(&self) -> Vec<IpAddr> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    let head = match path.strip_prefix("/to/") {
        Some(host) => format!("HTTP/1.1 302 Found\r\nLocation: http://{host}/\r\nContent-Length: 4\r\n"),
        None => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n".to_owned(),
    };
    write!(stream, "{head}Connection: close\r\n\r\nbody")
}
