//! Compiled code on disk, by the digest of the plugin's file and by what the engine expects of code.
//!
//! The code in the directory is run, so nobody but the user and root may be able to put anything there: `fs-mistrust` looks
//! at the owner and the mode of the directory and of each directory above it. The directory is then opened once, and used
//! by that descriptor. A file is written under another name and renamed, so a file of the cache is whole and never changes.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use fs_mistrust::Mistrust;
use rustix::fs::{AtFlags, Dir, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use serde::{Deserialize, Serialize};

use super::code::CompiledCode;
use crate::guest::Weight;

/// What all files of the directory take together, in bytes, before the oldest go.
const MOST: u64 = 1 << 30;
/// What stays of them.
const REST: u64 = MOST / 4 * 3;
/// The age at which a file without its final name counts as left over.
const LEFTOVER: Duration = Duration::from_secs(3600);

/// The directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct CacheError {
    path: String,
    why: String,
}

/// A directory of compiled code that nobody else may write to. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CacheDirectory {
    path: Arc<Path>,
    directory: Arc<OwnedFd>,
}

/// What stands beside the code.
#[derive(Serialize, Deserialize)]
struct Entry {
    weight: Weight,
    /// Bytes of the code.
    size: u64,
}

impl CacheDirectory {
    /// Opens the directory, or makes it, for this user alone.
    ///
    /// # Errors
    /// Where it cannot be made or opened; where it, or a directory above it, belongs to somebody else than this user and
    /// root; or where somebody else may write to one of them, unless the sticky bit keeps others from renaming there.
    pub fn open(path: &Path) -> Result<CacheDirectory, CacheError> {
        let fails = |why: String| CacheError {
            path: crate::escape::escape(&path.to_string_lossy()),
            why,
        };
        let mistrust = Mistrust::builder().ignore_environment().trust_no_group_id().build();
        let mistrust = mistrust.map_err(|error| fails(error.to_string()))?;
        let checked = mistrust.verifier().permit_readable().make_secure_dir(path);
        checked.map_err(|error| fails(sentence(&error)))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| fails(error.to_string()))?;
        Ok(CacheDirectory {
            path: path.into(),
            directory: Arc::new(directory),
        })
    }

    /// Its path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The code of this name, and its plugin's weight.
    pub(super) fn get(&self, name: &str) -> Option<(CompiledCode, Weight)> {
        let beside = self.file(&format!("{name}.json"))?;
        let entry: Entry = serde_json::from_reader(&beside).ok()?;
        let code = CompiledCode::cached(self.file(&format!("{name}.code"))?.into());
        // Its age is the time since somebody wanted it. Where the time cannot be set, another file goes before this one.
        let now = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
        let times = Timestamps {
            last_access: now(UTIME_OMIT),
            last_modification: now(UTIME_NOW),
        };
        let _ = rustix::fs::futimens(&code, &times);
        (code.len().ok()? == entry.size).then_some((code, entry.weight))
    }

    /// Keeps this code. A cache that cannot be written is a slower start, and no error.
    pub(super) fn put(&self, name: &str, code: &CompiledCode, weight: Weight) {
        let _ = self.try_put(name, code, weight);
    }

    fn try_put(&self, name: &str, code: &CompiledCode, weight: Weight) -> io::Result<()> {
        let size = code.len()?;
        self.tidy(size);
        // The code before what says that it is there, and on the disk before it has its name.
        self.write(&format!("{name}.code"), |file| {
            code.copy_to(file)?;
            file.sync_data()
        })?;
        let entry = serde_json::to_vec(&Entry { weight, size })?;
        self.write(&format!("{name}.json"), |file| io::Write::write_all(file, &entry))
    }

    fn write(&self, name: &str, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let unnamed = format!(".{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.directory, &unnamed, flags, Mode::RUSR | Mode::WUSR)?;
        let written = fill(&mut File::from(file))
            .and_then(|()| Ok(rustix::fs::renameat(&self.directory, &unnamed, &self.directory, name)?));
        if written.is_err() {
            let _ = rustix::fs::unlinkat(&self.directory, &unnamed, AtFlags::empty());
        }
        written
    }

    /// Opens a file that is this user's, or root's.
    fn file(&self, name: &str) -> Option<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::openat(&self.directory, name, flags, Mode::empty()).ok()?;
        let file = File::from(file);
        let about = file.metadata().ok()?;
        let ours = about.uid() == 0 || about.uid() == rustix::process::geteuid().as_raw();
        (about.is_file() && ours && about.mode() & 0o022 == 0).then_some(file)
    }

    /// Removes the oldest files where these bytes more would be too many, and what a process left that was killed.
    fn tidy(&self, more: u64) {
        let Ok(listed) = Dir::read_from(&self.directory) else {
            return;
        };
        let mut files = Vec::new();
        for entry in listed.flatten() {
            let name: PathBuf = PathBuf::from(std::ffi::OsStr::new(&*entry.file_name().to_string_lossy()));
            let Ok(about) = rustix::fs::statat(&self.directory, &name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            let size = u64::try_from(about.st_size).unwrap_or(0);
            let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(about.st_mtime).unwrap_or(0));
            let age = changed.elapsed().unwrap_or_default();
            let unnamed = name.to_string_lossy().starts_with('.');
            let of_ours = matches!(name.extension().and_then(|it| it.to_str()), Some("code" | "json"));
            if unnamed && age > LEFTOVER && rustix::fs::FileType::from_raw_mode(about.st_mode).is_file() {
                let _ = rustix::fs::unlinkat(&self.directory, &name, AtFlags::empty());
            } else if of_ours {
                files.push((age, size, name));
            }
        }
        let mut held = files.iter().fold(more, |sum, (_, size, _)| sum.saturating_add(*size));
        if held <= MOST {
            return;
        }
        files.sort();
        while held > REST
            && let Some((_, size, name)) = files.pop()
        {
            let _ = rustix::fs::unlinkat(&self.directory, &name, AtFlags::empty());
            held = held.saturating_sub(size);
        }
    }
}

/// Why the directory is not trusted, as part of a sentence.
fn sentence(error: &fs_mistrust::Error) -> String {
    use crate::escape::escape;
    let shown = |path: &Path| escape(&path.to_string_lossy());
    match error {
        fs_mistrust::Error::BadOwner(path, _) => format!("{} belongs to another user", shown(path)),
        fs_mistrust::Error::BadPermission(path, ..) => format!("others may write to {}", shown(path)),
        other => escape(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::seal;
    use super::*;

    fn code(bytes: &[u8]) -> CompiledCode {
        CompiledCode::sealed(seal("code", bytes).unwrap()).unwrap()
    }

    fn names(cache: &CacheDirectory) -> Vec<String> {
        let listed = std::fs::read_dir(cache.path()).unwrap();
        let mut names: Vec<_> = listed
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_put_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDirectory::open(&folder.path().join("below/cache")).unwrap();
        assert!(cache.get("one").is_none());
        let weight = Weight {
            instances: 3,
            bytes: 4,
            items: 5,
            ..Weight::default()
        };
        cache.put("one", &code(b"some code"), weight);
        let (found, of) = cache.get("one").unwrap();
        assert_eq!((found.len().unwrap(), of), (9, weight));
        assert_eq!(names(&cache), ["one.code", "one.json"]);
        assert_eq!(std::fs::metadata(cache.path()).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn what_is_not_whole_or_not_ours_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDirectory::open(folder.path().join("cache").as_path()).unwrap();
        let at = |name: &str| cache.path().join(name);
        let put = || cache.put("one", &code(b"some code"), Weight::default());
        put();
        std::fs::write(at("one.code"), b"some").unwrap();
        assert!(cache.get("one").is_none(), "cut");
        put();
        std::fs::write(at("one.json"), b"{").unwrap();
        assert!(cache.get("one").is_none(), "no entry");
        put();
        std::fs::set_permissions(at("one.code"), std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
        assert!(cache.get("one").is_none(), "others may write to it");
        put();
        std::fs::rename(at("one.code"), at("elsewhere")).unwrap();
        std::os::unix::fs::symlink("elsewhere", at("one.code")).unwrap();
        assert!(cache.get("one").is_none(), "a link");
        put();
        assert!(cache.get("one").is_some(), "it is made anew");
    }

    #[test]
    fn the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDirectory::open(folder.path().join("cache").as_path()).unwrap();
        for (name, age) in [("old", 500), ("new", 5)] {
            let file = File::create(cache.path().join(format!("{name}.code"))).unwrap();
            file.set_len(MOST / 2).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        let leftover = File::create(cache.path().join(".1-1")).unwrap();
        leftover.set_modified(SystemTime::now() - LEFTOVER * 2).unwrap();
        File::create(cache.path().join(".1-2")).unwrap();
        cache.put("one", &code(b"some code"), Weight::default());
        assert_eq!(names(&cache), [".1-2", "new.code", "one.code", "one.json"]);
    }
}
