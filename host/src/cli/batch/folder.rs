//! A folder that paths of strangers lie in. The kernel walks them (`openat2`), so that nothing that is put in a path's way
//! between a look and an opening leads out.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, fstat, openat, openat2};
use rustix::io::Errno;

use crate::escape::{escape, quote};

/// Where no link may lead out, nor to what /proc has of other processes.
const BENEATH: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);
/// A folder, to look beneath it and no more.
const PLACE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A folder, to read what stands in it.
pub(super) const LIST: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// A folder that was opened; what takes its name later is another one.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

/// A folder by its device and inode: the same one by whatever path.
pub(super) type Place = (u64, u64);

/// So many folders lie in one another; the longest path has half as many.
const DEEPEST: usize = 4_096;

/// The longest name of a file, in bytes (NAME_MAX).
const NAME: usize = 255;

/// A path of plain names, which cannot lead out but by links.
pub(super) fn beneath(path: &str) -> Result<PathBuf, String> {
    let longest = Path::new(path)
        .iter()
        .map(std::ffi::OsStr::len)
        .max()
        .unwrap_or_default();
    if longest > NAME {
        return Err(format!(
            "a name of {longest} bytes is longer than the {NAME} that a file's name may have"
        ));
    }
    let mut plain = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            _ => return Err(out(Path::new(path))),
        }
    }
    match plain.as_os_str().is_empty() || path.ends_with('/') || path.ends_with("/.") || path.contains('\0') {
        true => Err(format!("{} names no file", quote(path))),
        false => Ok(plain),
    }
}

fn out(path: &Path) -> String {
    format!("{} leads out of its folder", quote(&path.to_string_lossy()))
}

impl Folder {
    /// Opens it.
    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        Ok(Folder(openat(CWD, path, PLACE, Mode::empty())?))
    }

    /// Its own place, then that of each folder above it, as it lies now.
    ///
    /// # Errors
    /// Where one cannot be walked to.
    pub(super) fn places(&self) -> io::Result<Vec<Place>> {
        let place = |fd: &OwnedFd| fstat(fd).map(|stat| (stat.st_dev, stat.st_ino));
        let mut places = vec![place(&self.0)?];
        let mut within = openat(&self.0, ".", PLACE, Mode::empty())?;
        while places.len() < DEEPEST {
            within = match openat(&within, "..", PLACE, Mode::empty()) {
                Ok(above) => above,
                // Who may not walk through a folder has no file beneath it.
                Err(Errno::ACCESS) => return Ok(places),
                Err(error) => return Err(error.into()),
            };
            let next = place(&within)?;
            // The root is above itself.
            if places.last() == Some(&next) {
                return Ok(places);
            }
            places.push(next);
        }
        Err(io::Error::other("it lies too deep"))
    }

    /// What stands in it, to be read through.
    pub(super) fn list(&self) -> io::Result<OwnedFd> {
        Ok(openat(&self.0, ".", LIST, Mode::empty())?)
    }

    /// Opens a regular file beneath it to be read.
    pub(super) fn read(&self, path: &Path) -> Result<File, String> {
        // Opening a pipe would wait for its other end.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(self.within(path, flags)?);
        let metadata = file.metadata();
        match metadata.map(|metadata| metadata.is_file()) {
            Ok(true) => Ok(file),
            Ok(false) => Err(format!("{} is no regular file", quote(&path.to_string_lossy()))),
            Err(error) => Err(said(path, &error.to_string())),
        }
    }

    /// The folder that a file beneath it lies in, or will lie in, and the file's name there.
    pub(super) fn parent<'p>(&self, path: &'p Path) -> Result<(OwnedFd, &'p OsStr), String> {
        let name = path.file_name().ok_or_else(|| out(path))?;
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        Ok((self.within(parent, PLACE)?, name))
    }

    fn within(&self, path: &Path, flags: OFlags) -> Result<OwnedFd, String> {
        loop {
            match openat2(&self.0, path, flags, Mode::empty(), BENEATH) {
                Ok(fd) => return Ok(fd),
                // Something was renamed on the way: the kernel could not tell.
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(Errno::XDEV) => return Err(out(path)),
                Err(Errno::NOENT) if flags == PLACE => {
                    return Err(said(path, "there is no such folder: make it first"));
                }
                Err(Errno::NOSYS) => {
                    return Err("this kernel has no openat2 (Linux 5.6 does): no file is opened".to_owned());
                }
                Err(error) => return Err(said(path, &error.to_string())),
            }
        }
    }
}

fn said(path: &Path, error: &str) -> String {
    format!("{}: {error}", escape(&path.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_leads_out() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "").unwrap();
        let inside = outside.path().join("inside");
        std::fs::create_dir_all(inside.join("deep")).unwrap();
        std::fs::write(inside.join("deep/file"), "").unwrap();
        symlink("../secret", inside.join("out")).unwrap();
        symlink(outside.path(), inside.join("away")).unwrap();
        symlink("deep", inside.join("in")).unwrap();
        symlink("/proc/self/fd/0", inside.join("magic")).unwrap();
        let folder = Folder::open(&inside).unwrap();
        for path in ["deep/file", "in/file", "./deep//file"] {
            assert!(folder.read(&beneath(path).unwrap()).is_ok(), "{path}");
        }
        for path in ["out", "away/secret", "magic", "deep", "gone"] {
            assert!(folder.read(&beneath(path).unwrap()).is_err(), "{path}");
        }
        for path in ["away/new", "out/new"] {
            assert!(folder.parent(&beneath(path).unwrap()).is_err(), "{path}");
        }
        assert!(folder.parent(Path::new("in/new")).is_ok_and(|(_, name)| name == "new"));
        for path in [
            "../secret",
            "/etc/passwd",
            "deep/../../secret",
            "",
            ".",
            "deep/",
            "a\0b",
        ] {
            assert!(beneath(path).is_err(), "{path:?}");
        }
    }
}
