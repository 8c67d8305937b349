//! A file that is opened when the first byte of a body comes, by the name that it has then.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{OutFile, lock};
use crate::sink::{FileSink, Sink};

/// How many numbers are tried behind a name, as curl has it.
const NUMBERS: u32 = 100;

pub(super) struct OpenSink {
    file: Arc<OutFile>,
    sink: Option<FileSink>,
}

impl OpenSink {
    pub(super) fn new(file: Arc<OutFile>) -> OpenSink {
        OpenSink { file, sink: None }
    }

    fn open(&mut self) -> io::Result<&mut FileSink> {
        let sink = match self.sink.take() {
            Some(sink) => sink,
            None => self.opened()?,
        };
        Ok(self.sink.insert(sink))
    }

    fn opened(&self) -> io::Result<FileSink> {
        let file = &self.file;
        let name = file.name();
        let explain = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", name.display()));
        if file.create_dirs
            && let Some(folder) = name.parent().filter(|folder| *folder != Path::new(""))
        {
            DirBuilder::new()
                .recursive(true)
                .mode(0o750)
                .create(folder)
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", folder.display())))?;
        }
        // Tried again, it is this transfer's own.
        let again = file.opened.load(Ordering::Relaxed);
        let sink = match file.resumes {
            Some(from) => {
                let existing = File::options().create(true).append(true).open(&name).map_err(explain)?;
                if again {
                    existing.set_len(from).map_err(explain)?;
                }
                FileSink::opened(&name, existing)
            }
            None if again || !(file.keep || file.of_server.load(Ordering::Relaxed)) => FileSink::new(&name),
            None => {
                let (name, new) = create_new(&name, file.keep).map_err(explain)?;
                *lock(&file.name) = name.clone();
                FileSink::opened(name, new)
            }
        };
        file.opened.store(true, Ordering::Relaxed);
        Ok(sink)
    }
}

/// A file that was not there; with numbers behind its name until there is one.
fn create_new(name: &Path, number: bool) -> io::Result<(PathBuf, File)> {
    let mut tried = name.to_owned();
    let mut next = 1;
    loop {
        let new = File::options().write(true).create_new(true).open(&tried);
        let taken = new
            .as_ref()
            .is_err_and(|error| matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::IsADirectory));
        if !(taken && number && next < NUMBERS) {
            return new.map(|file| (tried, file));
        }
        let mut numbered = name.as_os_str().to_owned();
        numbered.push(format!(".{next}"));
        tried = numbered.into();
        next += 1;
    }
}

impl Sink for OpenSink {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.open()?.deliver(bytes)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.open()?.finish()
    }
}
