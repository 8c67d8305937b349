//! What the header lines say to the command line: the name of `-J`, the ETag, and what `-w` knows of them. They come as
//! the plugin lets them through.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{OutFile, lock};
use crate::sink::Sink;

/// The headers of a transfer's responses, the last one's last.
#[derive(Clone, Default)]
pub(in crate::cli) struct Heads(Arc<Mutex<Vec<Head>>>);

/// One response's.
#[derive(Default)]
struct Head {
    status: u16,
    fields: Vec<(String, String)>,
}

impl Heads {
    /// The values of this name, one list for each response.
    pub(in crate::cli) fn values(&self, name: &str) -> Vec<Vec<String>> {
        let of = |head: &Head| {
            let named = head.fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.clone()).collect()
        };
        lock(&self.0).iter().map(of).collect()
    }

    /// The last response's fields, in order.
    pub(in crate::cli) fn last(&self) -> Vec<(String, String)> {
        lock(&self.0).last().map(|head| head.fields.clone()).unwrap_or_default()
    }
}

/// Takes header lines, for a file of them and for what is read from them.
pub(in crate::cli) struct HeadSink {
    pub(in crate::cli) heads: Heads,
    /// Where `-D` writes them.
    pub(in crate::cli) dump: Option<Box<dyn Sink>>,
    /// The file that the server may name.
    pub(in crate::cli) named: Option<Arc<OutFile>>,
    /// Where the ETag goes.
    pub(in crate::cli) etag: Option<PathBuf>,
}

impl HeadSink {
    fn line(&mut self, line: &str) -> io::Result<()> {
        let mut heads = lock(&self.heads.0);
        if line.starts_with("HTTP/") {
            let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok());
            heads.push(Head {
                status: status.unwrap_or(0),
                fields: Vec::new(),
            });
            return Ok(());
        }
        let (Some((name, value)), Some(head)) = (line.split_once(':'), heads.last_mut()) else {
            return Ok(());
        };
        let value = value.trim();
        head.fields.push((name.trim().to_owned(), value.to_owned()));
        if !(200..400).contains(&head.status) {
            return Ok(());
        }
        match name.to_ascii_lowercase().as_str() {
            "etag" if !value.is_empty() => self.etag.as_ref().map_or(Ok(()), |path| {
                std::fs::write(path, format!("{value}\n"))
                    .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
            }),
            "location" if head.status >= 300 => {
                let path = value.split(['?', '#']).next().unwrap_or_default();
                self.rename(last_part(path));
                Ok(())
            }
            "content-disposition" => {
                self.rename(filename(value));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn rename(&self, name: Option<&str>) {
        if let (Some(file), Some(name)) = (&self.named, name) {
            file.rename(name);
        }
    }
}

impl Sink for HeadSink {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(dump) = &mut self.dump {
            dump.deliver(bytes)?;
        }
        // One line, or what a plugin put in its place.
        String::from_utf8_lossy(bytes)
            .lines()
            .try_for_each(|line| self.line(line))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.dump.as_mut().map_or(Ok(()), |dump| dump.finish())
    }
}

/// The parameter `filename` of a Content-Disposition header; its encoded form is not read, as curl has it.
fn filename(value: &str) -> Option<&str> {
    let mut rest = value;
    let given = loop {
        rest = rest.split_once(';')?.1.trim_start();
        match rest.split_once('=') {
            Some((name, given)) if name.eq_ignore_ascii_case("filename") => break given.trim_start(),
            _ => {}
        }
    };
    // What is quoted may hold a semicolon.
    let given = match given.as_bytes().first()? {
        quote @ (b'"' | b'\'') => given[1..].split(*quote as char).next()?,
        _ => given.split(';').next()?.trim_end(),
    };
    last_part(given)
}

/// What stands behind the last slash or backslash, so that it names nothing elsewhere.
fn last_part(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\'])
        .next()
        .filter(|name| !matches!(*name, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder() {
        for (value, name) in [
            ("attachment; filename=a.txt", Some("a.txt")),
            ("attachment; filename=\"a;b.txt\"; x=y", Some("a;b.txt")),
            ("attachment; x=y; FileName='a b'", Some("a b")),
            ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
            ("attachment; filename=..\\x\\y", Some("y")),
            ("attachment; filename=/", None),
            ("attachment; filename=..", None),
            ("attachment; filename=", None),
            ("attachment; filename*=UTF-8''a", None),
            ("filename=a", None),
            ("", None),
        ] {
            assert_eq!(filename(value), name, "{value}");
        }
    }
}
