//! curl's `--trace-ascii`: all that goes over the wire, for people.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;

use crate::curl::InfoType;
use crate::escape::escape;
use crate::transfer::WireObserver;

/// How much of it a line shows.
const WIDTH: usize = 0x40;

/// Writes to this file, or to stdout for `-`.
pub(super) fn observer(path: &Path) -> anyhow::Result<WireObserver> {
    let to: Box<dyn Write + Send> = match path == Path::new("-") {
        true => Box::new(io::stdout()),
        false => {
            let file = File::create(path);
            Box::new(file.with_context(|| format!("--trace-ascii: {}", escape(&path.to_string_lossy())))?)
        }
    };
    let to = Mutex::new(to);
    Ok(Arc::new(move |infotype, data| {
        let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody to tell: the transfer goes on, as curl's does.
        let _ = write(&mut **to, infotype, data).and_then(|()| to.flush());
    }))
}

fn write(to: &mut dyn Write, infotype: InfoType, data: &[u8]) -> io::Result<()> {
    let what = match infotype {
        InfoType::Text => {
            to.write_all(b"* ")?;
            return to.write_all(data);
        }
        InfoType::HeaderOut => "=> Send header",
        InfoType::DataOut => "=> Send data",
        InfoType::SslDataOut => "=> Send SSL data",
        InfoType::HeaderIn => "<= Recv header",
        InfoType::DataIn => "<= Recv data",
        InfoType::SslDataIn => "<= Recv SSL data",
    };
    writeln!(to, "{what}, {} bytes (0x{:x})", data.len(), data.len())?;
    let mut at = 0;
    while at < data.len() {
        let rest = &data[at..data.len().min(at + WIDTH)];
        // A line break ends a line here too, also where it stands right behind one that is full.
        let end = data[at..]
            .windows(2)
            .position(|two| two == b"\r\n")
            .filter(|end| *end <= WIDTH);
        let line = end.map_or(rest, |end| &rest[..end.min(rest.len())]);
        let shown: String = line
            .iter()
            .map(|byte| {
                if (0x20..0x7f).contains(byte) {
                    *byte as char
                } else {
                    '.'
                }
            })
            .collect();
        writeln!(to, "{at:04x}: {shown}")?;
        at += line.len() + if end.is_some() { 2 } else { 0 };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_ends_a_line() {
        let mut out = Vec::new();
        write(&mut out, InfoType::HeaderOut, b"GET / HTTP/1.1\r\nA: \xff\r\n\r\n").unwrap();
        let expected = "=> Send header, 24 bytes (0x18)\n0000: GET / HTTP/1.1\n0010: A: .\n0016: \n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        let mut out = Vec::new();
        let data = [vec![b'x'; WIDTH], b"\r\ny".to_vec()].concat();
        write(&mut out, InfoType::DataIn, &data).unwrap();
        let x = "x".repeat(WIDTH);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!("<= Recv data, 67 bytes (0x43)\n0000: {x}\n0042: y\n")
        );
    }
}
