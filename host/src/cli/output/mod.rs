//! Where the body of a URL goes: to stdout, to a file that was named, or to one that the URL or the server names.

mod heads;
mod open;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Exit;
use super::curl::{CurlArgs, Target};
use crate::curl::{Part, Url, stdout_was_closed};
use crate::sink::{FileSink, Sink, StdoutSink};

pub(super) use heads::{HeadSink, Heads};
use open::OpenSink;

/// The output of one URL.
pub(super) struct Output(Option<Arc<OutFile>>);

/// A file, which is opened when the first byte comes.
pub(super) struct OutFile {
    /// The server may give it another name before that.
    name: Mutex<PathBuf>,
    folder: Option<PathBuf>,
    create_dirs: bool,
    /// What is there stays, and a number is put behind the name.
    keep: bool,
    /// The name is the server's, who shall not write over anything.
    of_server: AtomicBool,
    /// How much of it is there already, where the transfer goes on behind it.
    resumes: Option<u64>,
    opened: AtomicBool,
}

impl Output {
    /// That of the URL at this place. `-C -` looks at the file here.
    pub(super) fn of(curl: &CurlArgs, at: usize, url: &str) -> Output {
        let name = match curl.outputs.get(at) {
            None => return Output(None),
            Some(Target::File(path)) if path.as_os_str() == "-" => return Output(None),
            Some(Target::File(path)) => path.clone(),
            Some(Target::Remote) => remote_name(url).into(),
        };
        let name = match &curl.files.directory {
            Some(folder) => folder.join(name.strip_prefix("/").unwrap_or(&name)),
            None => name,
        };
        let there = || std::fs::metadata(&name).map_or(0, |file| file.len());
        let resumes = match curl.continue_at.filter(|_| curl.upload.is_none()) {
            None => None,
            Some(from) => Some(from.unwrap_or_else(there)).filter(|from| *from > 0),
        };
        Output(Some(Arc::new(OutFile {
            name: Mutex::new(name),
            folder: curl.files.directory.clone(),
            create_dirs: curl.files.create_dirs,
            keep: curl.files.no_clobber,
            of_server: AtomicBool::default(),
            resumes,
            opened: AtomicBool::default(),
        })))
    }

    /// The file, where it is one.
    pub(super) fn file(&self) -> Option<&Arc<OutFile>> {
        self.0.as_ref()
    }

    /// Where a download resumes.
    pub(super) fn resumes(&self) -> Option<u64> {
        self.0.as_ref().and_then(|file| file.resumes)
    }

    /// What takes the bytes, each time that the transfer is tried.
    pub(super) fn sink(&self) -> anyhow::Result<Box<dyn Sink>> {
        match &self.0 {
            Some(file) => Ok(Box::new(OpenSink::new(Arc::clone(file)))),
            None => stdout(),
        }
    }

    /// Removes what a failed transfer has written, where that is a regular file.
    pub(super) fn remove(&self) {
        if let Some(file) = self.0.as_ref().filter(|file| file.opened.load(Ordering::Relaxed)) {
            let name = lock(&file.name);
            if std::fs::symlink_metadata(&*name).is_ok_and(|it| it.is_file()) {
                let _ = std::fs::remove_file(&*name);
            }
        }
    }
}

impl OutFile {
    /// Its name as it is now.
    pub(super) fn name(&self) -> PathBuf {
        lock(&self.name).clone()
    }

    /// The server's own name for it.
    fn rename(&self, name: &str) {
        if !self.opened.load(Ordering::Relaxed) {
            *lock(&self.name) = match &self.folder {
                Some(folder) => folder.join(name),
                None => name.into(),
            };
            self.of_server.store(true, Ordering::Relaxed);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The last part of the URL's path, as it stands there; curl's own name where there is none.
fn remote_name(url: &str) -> String {
    let path = Url::parse(url).ok().and_then(|url| url.get(Part::Path));
    let path = path.unwrap_or_default();
    let last = path.rsplit(['/', '\\']).find(|part| !part.is_empty());
    last.unwrap_or("curl_response").to_owned()
}

/// Where `-D` writes: a file, or stdout for `-`.
pub(super) fn sink_of(path: &Path, append: bool) -> anyhow::Result<Box<dyn Sink>> {
    match (path == Path::new("-"), append) {
        (true, _) => stdout(),
        (false, true) => Ok(Box::new(FileSink::appending(path))),
        (false, false) => Ok(Box::new(FileSink::new(path))),
    }
}

fn stdout() -> anyhow::Result<Box<dyn Sink>> {
    let closed = |why: &str| Exit {
        code: 23,
        text: format!("(23) standard output {why}: use -o"),
    };
    if stdout_was_closed() {
        return Err(closed("is closed").into());
    }
    let stdout = StdoutSink::new().map_err(|error| closed(&format!("cannot be used ({error})")))?;
    Ok(Box::new(stdout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_of_the_path() {
        for (url, name) in [
            ("http://h/a/b?c#d", "b"),
            ("http://h/a/b/", "b"),
            ("http://h/", "curl_response"),
            ("h", "curl_response"),
            ("http://h/a%2fb", "a%2fb"),
            ("http://h/..%2f", "..%2f"),
            ("http://h/a\\b", "b"),
            ("http://h/x/..", "curl_response"),
        ] {
            assert_eq!(remote_name(url), name, "{url}");
        }
    }
}
