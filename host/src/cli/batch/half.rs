//! A file that is being written.
//!
//! It has no name until it is whole (`O_TMPFILE`): when the process is killed, the kernel frees it, and nothing is left. It gets
//! its name by a link. Where the name is taken, the file has one of its own for a moment, by which it is moved to its place; and
//! where the file system has no nameless files, it has that name from the beginning. The process holds a lock of such a file.
//! So the next batch can tell a file that a killed process left from one that is still being written: [`sweep`] removes the
//! former.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, flock, fstat, linkat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use super::folder::{Folder, LIST};

/// How the name of one begins, where it has a name.
pub(super) const HALF: &str = ".transferhost-";

/// How often another name is tried.
const TRIES: u64 = 100;
/// So deep are folders swept.
const DEPTH: usize = 32;
/// As curl's: what the umask leaves of it.
const MODE: Mode = Mode::from_raw_mode(0o666);

/// A file in a folder, without its name.
#[derive(Debug)]
pub(super) struct Half {
    parent: OwnedFd,
    file: File,
    /// The name that it has until it is whole, where it has one.
    name: Option<String>,
}

impl Half {
    /// An empty one.
    ///
    /// # Errors
    /// Where the folder takes no file.
    pub(super) fn new(parent: OwnedFd) -> io::Result<Half> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        match openat(&parent, ".", flags, MODE) {
            Ok(fd) => {
                let file = File::from(fd);
                // A file that has no path under /proc could not be linked to its name later.
                if statat(CWD, &*by_descriptor(&file), AtFlags::empty()).is_err() {
                    return Half::named(parent);
                }
                lock(&file);
                let name = None;
                Ok(Half { parent, file, name })
            }
            // The file system has none, or the kernel knows of none.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => Half::named(parent),
            Err(error) => Err(error.into()),
        }
    }

    /// One that has a name from the beginning.
    fn named(parent: OwnedFd) -> io::Result<Half> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (name, file) = free(|name| {
            let file = File::from(openat(&parent, name, flags, MODE)?);
            // Before it was locked, a sweep may have taken it for one that was left.
            match lock(&file) && fstat(&file)?.st_nlink > 0 {
                true => Ok(file),
                false => Err(Errno::EXIST),
            }
        })?;
        let name = Some(name);
        Ok(Half { parent, file, name })
    }

    /// Writes at its end.
    ///
    /// # Errors
    /// As of any file.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// It is whole: it has this name from now on, in the place of whatever had it.
    ///
    /// # Errors
    /// Where it cannot; nothing is left of it then.
    pub(super) fn finish(mut self, name: &OsStr) -> io::Result<()> {
        if self.name.is_none() {
            match self.link(name) {
                Err(Errno::EXIST) => self.name = Some(free(|beside| self.link(OsStr::new(beside)))?.0),
                linked => return Ok(linked?),
            }
        }
        if let Some(beside) = &self.name {
            renameat(&self.parent, &**beside, &self.parent, name)?;
            self.name = None;
        }
        Ok(())
    }

    fn link(&self, name: &OsStr) -> Result<(), Errno> {
        // By the descriptor itself it takes a newer kernel, or a capability.
        let from = by_descriptor(&self.file);
        linkat(CWD, &*from, &self.parent, name, AtFlags::SYMLINK_FOLLOW)
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            let _ = unlinkat(&self.parent, &**name, AtFlags::empty());
        }
    }
}

fn by_descriptor(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Whether nobody else has locked it. A file system without locks lets nobody sweep either.
fn lock(file: &File) -> bool {
    !matches!(
        flock(file, FlockOperation::NonBlockingLockExclusive),
        Err(Errno::WOULDBLOCK)
    )
}

/// A name that nobody has, and what was made by it.
fn free<T>(make: impl Fn(&str) -> Result<T, Errno>) -> io::Result<(String, T)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut tries = 0..TRIES;
    loop {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{HALF}{}-{next}", std::process::id());
        match make(&name) {
            Ok(made) => return Ok((name, made)),
            // Left by a process of the same number, or of one in another container.
            Err(Errno::EXIST) if tries.next().is_some() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Removes what killed processes left in a folder and in those beneath it. Links are not followed; what cannot be read stays.
pub(super) fn sweep(folder: &Folder) {
    if let Ok(folder) = folder.list() {
        sweep_within(&folder, DEPTH);
    }
}

fn sweep_within(folder: &OwnedFd, deep: usize) {
    let Ok(entries) = Dir::read_from(folder) else { return };
    for entry in entries.map_while(Result::ok) {
        let name = entry.file_name();
        let kind = entry.file_type();
        if matches!(kind, FileType::RegularFile | FileType::Unknown) && is_half(name.to_bytes()) {
            let _ = remove(folder, name);
        } else if matches!(kind, FileType::Directory | FileType::Unknown)
            && !matches!(name.to_bytes(), b"." | b"..")
            && let Some(left) = deep.checked_sub(1)
            && let Ok(inner) = openat(folder, name, LIST, Mode::empty())
        {
            sweep_within(&inner, left);
        }
    }
}

/// Whether this is a name that [`free`] makes.
fn is_half(name: &[u8]) -> bool {
    let number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let numbers = name
        .strip_prefix(HALF.as_bytes())
        .map(|rest| rest.split(|byte| *byte == b'-'));
    numbers.is_some_and(|numbers| {
        let numbers: Vec<&[u8]> = numbers.take(3).collect();
        matches!(numbers[..], [process, next] if number(process) && number(next))
    })
}

fn remove(folder: &OwnedFd, name: &std::ffi::CStr) -> Result<(), Errno> {
    // Opening a pipe would wait for its other end.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    if !FileType::from_raw_mode(stat.st_mode).is_file() {
        return Ok(());
    }
    // A living process holds it. Where nothing can be locked, nobody knows.
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    let there = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if (there.st_dev, there.st_ino) == (stat.st_dev, stat.st_ino) {
        unlinkat(folder, name, AtFlags::empty())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn parent(path: &Path) -> OwnedFd {
        OwnedFd::from(File::open(path).unwrap())
    }

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn both_kinds_are_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let made: [fn(OwnedFd) -> io::Result<Half>; 2] = [Half::new, Half::named];
        for make in made {
            let mut lost = make(parent(place.path())).unwrap();
            lost.write(b"half").unwrap();
            let named = usize::from(lost.name.is_some());
            assert_eq!(names(place.path()).len(), named);
            drop(lost);
            assert!(names(place.path()).is_empty());
            // Where nothing is, and where something is already.
            for text in ["first", "second"] {
                let mut half = make(parent(place.path())).unwrap();
                half.write(text.as_bytes()).unwrap();
                half.finish(OsStr::new("file")).unwrap();
                assert_eq!(names(place.path()), ["file"]);
                assert_eq!(fs::read_to_string(place.path().join("file")).unwrap(), text);
            }
            // A folder cannot be replaced by a file.
            fs::create_dir(place.path().join("folder")).unwrap();
            assert!(
                make(parent(place.path()))
                    .unwrap()
                    .finish(OsStr::new("folder"))
                    .is_err()
            );
            assert_eq!(names(place.path()), ["file", "folder"]);
            fs::remove_dir(place.path().join("folder")).unwrap();
            fs::remove_file(place.path().join("file")).unwrap();
        }
    }

    #[test]
    fn a_sweep_takes_what_nobody_holds_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir_all(at("deep/deeper")).unwrap();
        fs::write(outside.path().join(".transferhost-1-1"), "").unwrap();
        std::os::unix::fs::symlink(outside.path(), at("link")).unwrap();
        std::os::unix::fs::symlink("file", at(".transferhost-1-9")).unwrap();
        fs::create_dir(at(".transferhost-1-8")).unwrap();
        let left = [
            ".transferhost-1-0",
            ".transferhost-4194304-18",
            "deep/deeper/.transferhost-7-7",
        ];
        let others = [
            "file",
            ".transferhost-",
            ".transferhost-1",
            ".transferhost-1-",
            ".transferhost--1",
            ".transferhost-1-2-3",
            ".transferhost-1-2x",
            ".transferhost-aB3x",
            "transferhost-1-2",
        ];
        for name in left.iter().chain(&others) {
            fs::write(at(name), "half").unwrap();
        }
        let held = Half::named(parent(place.path())).unwrap();
        let held_name = held.name.clone().unwrap();
        sweep(&Folder::open(place.path()).unwrap());
        for name in left {
            assert!(!at(name).exists(), "{name}");
        }
        for name in others
            .into_iter()
            .chain([held_name.as_str(), ".transferhost-1-8", ".transferhost-1-9"])
        {
            assert!(at(name).symlink_metadata().is_ok(), "{name}");
        }
        assert_eq!(names(outside.path()), [".transferhost-1-1"]);
        // It was being written all the time.
        held.finish(OsStr::new("whole")).unwrap();
        assert!(at("whole").exists());
    }
}
