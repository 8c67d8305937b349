//! Which files a transfer needs, and what of them.

use std::path::{Path, PathBuf};

use landlock::{ABI, Access as _, AccessFs, BitFlags, make_bitflags};

/// Read by what libcurl, its TLS and libc load and ask, some of it late: libraries, their configuration, certificates, the
/// name service's files and the state of its helpers, and the number of processors.
const SYSTEM: [&str; 17] = [
    "/etc",
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/gnu/store",
    "/proc/self",
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/run/nscd",
    "/var/cache/nscd",
    "/var/lib/sss/mc",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/proc/sys/vm/max_map_count",
];

/// Devices that are read; the first is written too.
const DEVICES: [&str; 3] = ["/dev/null", "/dev/urandom", "/dev/random"];

/// Variables that name files which TLS and the name service read.
const VARIABLES: [&str; 3] = ["OPENSSL_CONF", "OPENSSL_MODULES", "HOSTALIASES"];

const READ: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});
const WRITE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{WriteFile | Truncate});

/// As many symbolic links as Linux follows.
const MAX_LINKS: usize = 40;

/// The files that a process needs besides the system's.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    reads: Vec<PathBuf>,
    writes: Vec<PathBuf>,
    loads: Vec<PathBuf>,
    caches: Vec<PathBuf>,
    makes_in: Vec<PathBuf>,
}

impl Files {
    pub(super) fn reads(&mut self, path: PathBuf) {
        self.reads.push(path);
    }

    pub(super) fn writes(&mut self, path: PathBuf) {
        self.writes.push(path);
    }

    pub(super) fn makes_in(&mut self, folder: PathBuf) {
        self.makes_in.push(folder);
    }

    pub(super) fn loads(&mut self, path: PathBuf) {
        self.loads.push(path);
    }

    pub(super) fn caches(&mut self, path: PathBuf) {
        self.caches.push(path);
    }

    /// Each path with what may be done there, while plugins are loaded or afterwards.
    pub(super) fn rules(&self, loading: bool) -> Vec<(PathBuf, BitFlags<AccessFs>)> {
        let system = SYSTEM.into_iter().chain(DEVICES).map(PathBuf::from);
        let named = VARIABLES.into_iter().filter_map(std::env::var_os).map(PathBuf::from);
        // A link to wherever whoever keeps it has his folder: the file in it is replaced, not changed.
        let resolver = std::fs::canonicalize("/etc/resolv.conf").ok();
        let resolver = resolver.as_deref().and_then(Path::parent).map(Path::to_owned);
        let mut rules: Vec<_> = system
            .chain(named)
            .chain(resolver)
            .chain(self.reads.iter().cloned())
            .map(|path| (path, READ))
            .collect();
        rules.push((PathBuf::from(DEVICES[0]), WRITE));
        rules.extend(self.writes.iter().filter_map(|path| written(path)));
        let making = make_bitflags!(AccessFs::{MakeReg | MakeDir | RemoveFile});
        rules.extend(self.makes_in.iter().map(|path| (there(path), WRITE | making)));
        if loading {
            rules.extend(self.loads.iter().map(|path| (path.clone(), READ)));
            let all = AccessFs::from_all(ABI::V3) & !AccessFs::Execute;
            rules.extend(self.caches.iter().map(|path| (path.clone(), all)));
        }
        rules
    }
}

/// The rule for a file that is written: for itself, or for the folder in which it is to be made.
fn written(path: &Path) -> Option<(PathBuf, BitFlags<AccessFs>)> {
    let mut path = path.to_owned();
    // A link that leads to no file yet: it is made where the link leads.
    for _ in 0..MAX_LINKS {
        match std::fs::metadata(&path) {
            Ok(metadata) => return (!metadata.is_dir()).then_some((path, WRITE)),
            Err(_) => match std::fs::read_link(&path) {
                Ok(target) => path = folder(&path).join(target),
                Err(_) => return Some((folder(&path), WRITE | AccessFs::MakeReg)),
            },
        }
    }
    None
}

/// The folder itself, or the nearest above it that is there.
fn there(folder: &Path) -> PathBuf {
    let there = folder.ancestors().find(|folder| folder.is_dir());
    there.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_opened_alone() {
        let folder = std::env::temp_dir().join(format!("transferhost-written-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let at = |name: &str| folder.join(name);
        std::fs::write(at("there"), "").unwrap();
        std::os::unix::fs::symlink("new", at("dangling")).unwrap();
        std::os::unix::fs::symlink("loop", at("loop")).unwrap();
        let making = WRITE | AccessFs::MakeReg;
        let seen = ["there", "new", "dangling", "loop", "no/folder"].map(|name| written(&at(name)));
        let here = written(Path::new("transferhost-no-such-file"));
        let none = written(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(
            seen,
            [
                Some((folder.join("there"), WRITE)),
                Some((folder.clone(), making)),
                Some((folder.clone(), making)),
                None,
                Some((folder.join("no"), making)),
            ]
        );
        assert_eq!(here, Some((PathBuf::from("."), making)));
        assert_eq!(none, None, "a folder is no file");
    }
}
