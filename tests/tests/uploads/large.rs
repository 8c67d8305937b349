//! 256 MiB that a guest makes, compared byte for byte while they come.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use transferhost_tests::PATIENCE;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::outcome;

const SIZE: u64 = 256 << 20;

/// What has come of the body, compared with the numbers that `upload-generator` counts.
#[derive(Default)]
struct Compared {
    at: u64,
    /// Where it differed first.
    differs: Option<u64>,
}

impl Compared {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let expected = (self.at / 8).to_be_bytes()[(self.at % 8) as usize];
            if *byte != expected && self.differs.is_none() {
                self.differs = Some(self.at);
            }
            self.at += 1;
        }
    }
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// One PUT: its head, and what its body was.
fn receive(stream: TcpStream) -> io::Result<(String, Compared)> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut wire = BufReader::with_capacity(1 << 18, &stream);
    let (mut head, mut compared) = (String::new(), Compared::default());
    loop {
        let line = line(&mut wire)?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        head += &line;
        head.push('\n');
    }
    (&stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    let mut buffer = vec![0; 1 << 18];
    let mut left = if head.contains("chunked") { 0 } else { SIZE };
    while compared.at < SIZE || left > 0 {
        if left == 0 {
            left = u64::from_str_radix(&line(&mut wire)?, 16).map_err(io::Error::other)?;
            if left == 0 {
                break;
            }
        }
        let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = wire.read(&mut buffer[..room])?;
        if count == 0 {
            break;
        }
        compared.take(&buffer[..count]);
        left -= count as u64;
        if left == 0 && head.contains("chunked") {
            line(&mut wire)?;
        }
    }
    if head.contains("chunked") {
        // The last chunk, and the blank line behind it.
        while !line(&mut wire)?.is_empty() {}
    }
    (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
    Ok((head, compared))
}

#[test]
fn it_goes_through_byte_for_byte() {
    let size = SIZE.to_string();
    for ours in [&[][..], &["--upload-size", &size]] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        let received = thread::spawn(move || receive(listener.accept()?.0));
        let ended = Transferhost::run()
            .args(["--outcome", "-", "--set", "size=256m"])
            .args(ours)
            .arg(guest("upload-generator"))
            .args(["-sS", "-T", "-", &url])
            .patience(Duration::from_secs(300))
            .end();
        let told = outcome::of(&ended);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(0), (0, None)),
            "{}",
            ended.stderr
        );
        let (head, compared) = received.join().unwrap().unwrap();
        assert_eq!((compared.at, compared.differs), (SIZE, None), "{head}");
        assert_eq!(head.contains("transfer-encoding: chunked"), ours.is_empty(), "{head}");
        assert_eq!(
            head.contains(&format!("content-length: {SIZE}")),
            !ours.is_empty(),
            "{head}"
        );
        assert_eq!(told["bytes"]["uploaded"], SIZE, "{told}");
        // 64 KiB a call, less what frames them.
        assert!(outcome::calls(&told, "read") < SIZE / 32_768, "{told}");
    }
}
