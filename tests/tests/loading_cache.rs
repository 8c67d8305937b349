//! The cache of compiled code: the second start takes what the first one left, where nobody else may write.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::running::Ended;

/// Compiled code that lies somewhere below: the path, and what changes when the file is written again.
fn compiled(folder: &Path) -> Vec<(PathBuf, u64, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        let (path, about) = (entry.path(), entry.metadata().unwrap());
        if about.is_dir() {
            found.extend(compiled(&path));
        } else {
            // Its time is that of its last use.
            found.push((path, about.ino(), about.len()));
        }
    }
    found.sort();
    found
}

fn run(cache: &Path, plugin: &Path) -> Ended {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    Transferhost::run()
        .env("XDG_CACHE_HOME", cache)
        .arg(plugin)
        .arg(origin.url("/"))
        .end()
}

fn runs_well(cache: &Path, plugin: &Path) {
    let ended = run(cache, plugin);
    let got = (ended.code(), ended.text(), ended.stderr);
    assert_eq!(got, (Some(0), "body".to_owned(), String::new()));
}

#[test]
fn the_second_start_finds_what_the_first_compiled() {
    let cache = TempDir::new().unwrap();
    let pass = guest("pass");
    runs_well(cache.path(), &pass);
    let first = compiled(cache.path());
    assert!(!first.is_empty());
    runs_well(cache.path(), &pass);
    assert_eq!(compiled(cache.path()), first, "nothing was compiled again");
    // It does look: what is missing is made again, and another plugin adds its own.
    for (path, ..) in &first {
        fs::remove_file(path).unwrap();
    }
    runs_well(cache.path(), &pass);
    let again = compiled(cache.path());
    assert_eq!(again.len(), first.len());
    assert_eq!(run(cache.path(), &hostile("trap-write")).code(), Some(23));
    assert!(compiled(cache.path()).len() > again.len());
}

#[test]
fn the_directory_is_the_users_alone() {
    let cache = TempDir::new().unwrap();
    runs_well(cache.path(), &guest("pass"));
    let ours = cache.path().join("transferhost");
    assert_eq!(fs::metadata(&ours).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn a_directory_that_others_may_write_to_is_not_trusted() {
    for mode in [0o777, 0o770, 0o702] {
        let cache = TempDir::new().unwrap();
        let ours = cache.path().join("transferhost");
        fs::create_dir(&ours).unwrap();
        fs::set_permissions(&ours, fs::Permissions::from_mode(mode)).unwrap();
        let ended = run(cache.path(), &guest("pass"));
        assert_eq!((ended.code(), ended.text().as_str()), (Some(0), "body"));
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert!(ended.stderr.starts_with("transferhost: warning: "), "{}", ended.stderr);
        assert!(ended.stderr.contains("others may write"), "{}", ended.stderr);
        assert_eq!(compiled(&ours), [], "{mode:o}");
    }
}

/// Whoever may rename the directory may put another in its place.
#[test]
fn nor_is_one_in_a_directory_that_others_may_write_to() {
    let cache = TempDir::new().unwrap();
    fs::set_permissions(cache.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let ended = run(cache.path(), &guest("pass"));
    assert_eq!((ended.code(), ended.text().as_str()), (Some(0), "body"));
    assert!(
        ended.stderr.starts_with("transferhost: warning: "),
        "{:?}",
        ended.stderr
    );
    assert_eq!(compiled(cache.path()), []);
}

#[test]
fn without_a_place_it_runs_all_the_same() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let file = TempDir::new().unwrap();
    let taken = file.path().join("taken");
    fs::write(&taken, "").unwrap();
    let home = TempDir::new().unwrap();
    for (cache, said, kept) in [
        // A path that is not absolute counts for nothing; HOME is next.
        (Path::new("relative"), false, true),
        (&taken, true, false),
        (Path::new("/proc/none"), true, false),
    ] {
        let _ = fs::remove_dir_all(home.path().join(".cache"));
        let ended = Transferhost::run()
            .env("XDG_CACHE_HOME", cache)
            .env("HOME", home.path())
            .in_folder(file.path())
            .arg(guest("pass"))
            .arg(origin.url("/"))
            .end();
        assert_eq!((ended.code(), ended.text().as_str()), (Some(0), "body"));
        assert_eq!(!ended.stderr.is_empty(), said, "{}", ended.stderr);
        assert!(ended.stderr.lines().count() <= 1, "{}", ended.stderr);
        assert_eq!(!compiled(&home.path().join(".cache/transferhost")).is_empty(), kept);
    }
    let left: Vec<_> = fs::read_dir(file.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

/// The sentence with which it goes without a cache, and nothing was kept.
fn goes_without(cache: &Path, why: &str) {
    let ended = run(cache, &guest("pass"));
    assert_eq!((ended.code(), ended.text().as_str()), (Some(0), "body"));
    assert!(ended.stderr.starts_with("transferhost: warning: "), "{}", ended.stderr);
    assert!(ended.stderr.contains(why), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

/// Whoever may rename any folder above it may put another in its place, however far above that is.
#[test]
fn each_folder_above_it_is_the_users_or_roots() {
    const OTHER: u32 = 4_321;
    let above = |levels: &str| {
        let top = TempDir::new().unwrap();
        let cache = top.path().join(levels);
        fs::create_dir_all(&cache).unwrap();
        (top, cache)
    };
    for writable in ["a", "a/b", "a/b/c"] {
        let (top, cache) = above("a/b/c");
        fs::set_permissions(top.path().join(writable), fs::Permissions::from_mode(0o777)).unwrap();
        goes_without(&cache, "others may write");
        fs::set_permissions(top.path().join(writable), fs::Permissions::from_mode(0o770)).unwrap();
        goes_without(&cache, "others may write");
        assert_eq!(compiled(top.path()), []);
    }
    // Where the sticky bit is set others rename nothing that is not theirs.
    let (top, cache) = above("a/b/c");
    fs::set_permissions(top.path().join("a"), fs::Permissions::from_mode(0o1777)).unwrap();
    runs_well(&cache, &guest("pass"));
    // A link leads somewhere: what counts is where.
    let (link, target) = (top.path().join("link"), top.path().join("open"));
    fs::create_dir(&target).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o777)).unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    goes_without(&link, "others may write");
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: folders of another user take root to make");
        return;
    }
    for owned in ["a", "a/b", "a/b/c"] {
        let (top, cache) = above("a/b/c");
        std::os::unix::fs::chown(top.path().join(owned), Some(OTHER), None).unwrap();
        goes_without(&cache, "belongs to another user");
        assert_eq!(compiled(top.path()), []);
    }
    // The sticky bit does not bind the folder's owner.
    let (top, cache) = above("a/b/c");
    fs::set_permissions(top.path().join("a"), fs::Permissions::from_mode(0o1777)).unwrap();
    std::os::unix::fs::chown(top.path().join("a"), Some(OTHER), None).unwrap();
    goes_without(&cache, "belongs to another user");
    // What somebody else put into the folder is not run.
    let (_top, cache) = above("a");
    runs_well(&cache, &guest("pass"));
    for (path, ..) in compiled(&cache) {
        std::os::unix::fs::chown(&path, Some(OTHER), None).unwrap();
    }
    let before = compiled(&cache);
    runs_well(&cache, &guest("pass"));
    assert!(
        compiled(&cache).iter().zip(&before).all(|(new, old)| new.1 != old.1),
        "made anew"
    );
}
