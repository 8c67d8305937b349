//! A request as an origin saw it.

use std::io::{self, BufRead, Read};

/// More than any client under test may send as a head or as one chunk's size line.
const LONGEST_HEAD: u64 = 256 * 1024;

/// One request: what arrived, unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The request line and the headers, line ends and the blank line included.
    pub head: String,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl Request {
    /// The method, such as `GET`.
    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    /// The target as it was sent: a path with its query, or a whole URL where the client takes this for a proxy.
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    /// The first header of this name, whatever the case of its letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as text, what is not UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads a head; `None` where the client closed before its first byte.
    pub(crate) fn read_head(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        let mut from = from.take(LONGEST_HEAD);
        loop {
            let before = head.len();
            from.read_until(b'\n', &mut head)?;
            if head.is_empty() {
                return Ok(None);
            }
            if matches!(&head[before..], b"\r\n" | b"\n") {
                return Ok(Some(Self {
                    head: String::from_utf8_lossy(&head).into_owned(),
                    body: Vec::new(),
                }));
            }
            if head.last() != Some(&b'\n') {
                return Err(broken("the head ends in the middle, or is too long"));
            }
        }
    }

    /// Reads the body that the head announced.
    pub(crate) fn read_body(&mut self, from: &mut impl BufRead) -> io::Result<()> {
        if self
            .header("transfer-encoding")
            .is_some_and(|it| it.eq_ignore_ascii_case("chunked"))
        {
            while let Some(length) = chunk_length(from)? {
                self.read_exactly(from, length)?;
                line(from)?;
            }
            while !line(from)?.trim().is_empty() {}
        } else if let Some(length) = self.header("content-length") {
            let length = length.parse().map_err(|_| broken("content-length is not a number"))?;
            self.read_exactly(from, length)?;
        }
        Ok(())
    }

    fn read_exactly(&mut self, from: &mut impl BufRead, length: u64) -> io::Result<()> {
        if from.take(length).read_to_end(&mut self.body)? as u64 == length {
            Ok(())
        } else {
            Err(broken("the body ends in the middle"))
        }
    }
}

/// The length of the next chunk; `None` is the last one.
fn chunk_length(from: &mut impl BufRead) -> io::Result<Option<u64>> {
    let line = line(from)?;
    let digits = line.split(';').next().unwrap_or_default().trim();
    let length = u64::from_str_radix(digits, 16).map_err(|_| broken("a chunk has no length"))?;
    Ok((length > 0).then_some(length))
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if from.take(LONGEST_HEAD).read_line(&mut line)? == 0 {
        return Err(broken("a line is missing"));
    }
    Ok(line)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::Request;

    fn read(bytes: &[u8]) -> std::io::Result<Option<Request>> {
        let mut from = bytes;
        let Some(mut request) = Request::read_head(&mut from)? else {
            return Ok(None);
        };
        request.read_body(&mut from)?;
        Ok(Some(request))
    }

    #[test]
    fn a_body_with_a_length() {
        let request = read(b"PUT /a?b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd")
            .unwrap()
            .unwrap();
        assert_eq!(
            (request.method(), request.target(), request.path()),
            ("PUT", "/a?b", "/a")
        );
        assert_eq!(request.text(), "abc");
    }

    #[test]
    fn a_body_in_chunks() {
        let head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let body = b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n";
        assert_eq!(
            read(&[&head[..], body].concat()).unwrap().unwrap().text(),
            "abc0123456789"
        );
    }

    #[test]
    fn what_ends_in_the_middle_is_an_error() {
        assert!(read(b"").unwrap().is_none());
        assert!(read(b"GET / HTTP/1.1\r\nHost:").is_err());
        assert!(read(b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc").is_err());
        assert!(read(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").is_err());
    }
}
