//! Plugins are loaded in processes of their own: whatever befalls those, the program says what it was and lives.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use transferhost::{CacheDirectory, Host, Loader, Policy, PolicyKind};
use transferhost_tests::PATIENCE;
use transferhost_tests::command::{Transferhost, binary};
use transferhost_tests::heavy::Heavy;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::running::{Ended, Running};

use super::loaders::{children, processes};
use super::sentence::sentence;

/// Branches that take the compiler longer than any test waits.
const LONG: usize = 3_000;

/// Waits until a process of this role is there that was not there before.
fn another(program: &Running, role: &str, before: &[Pid]) -> Pid {
    let begun = Instant::now();
    loop {
        let found = processes(program.id(), role);
        if let Some(new) = found.into_iter().find(|it| !before.contains(it)) {
            return new;
        }
        assert!(begun.elapsed() < PATIENCE, "no process began to {role}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn start(plugin: &Path, origin: &Origin) -> Running {
    Transferhost::run().arg(plugin).arg(origin.url("/")).start()
}

fn run(arguments: &[&str], plugin: &Path) -> Ended {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let ended = Transferhost::run()
        .args(arguments)
        .arg(plugin)
        .arg(origin.url("/"))
        .end();
    assert_eq!(origin.accepted(), 0);
    ended
}

#[test]
fn a_process_that_crashes_is_a_load_error() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    // Not SIGSEGV: Rust's own handler takes a first one that no address has caused for nothing.
    for (signal, number) in [(Signal::ABORT, 6), (Signal::ILL, 4), (Signal::SYS, 31)] {
        let heavy = Heavy::branches("heavy.wasm", LONG);
        let running = start(heavy.path(), &origin);
        kill_process(another(&running, "compile", &[]), signal).unwrap();
        let said = sentence(&running.end(), 2);
        assert!(said.contains(&format!("crashed (signal {number})")), "{said}");
    }
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn one_that_is_killed_is_tried_once_more() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let plugin = Heavy::branches("heavy.wasm", 100);
    let running = start(plugin.path(), &origin);
    kill_process(another(&running, "compile", &[]), Signal::KILL).unwrap();
    let ended = running.end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );

    let plugin = Heavy::branches("heavy.wasm", LONG);
    let running = start(plugin.path(), &origin);
    let first = another(&running, "compile", &[]);
    kill_process(first, Signal::KILL).unwrap();
    kill_process(another(&running, "compile", &[first]), Signal::KILL).unwrap();
    let said = sentence(&running.end(), 2);
    assert!(said.contains("was killed, and again"), "{said}");
}

#[test]
fn a_helper_that_ends_is_started_once_more() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let plugin = Heavy::branches("heavy.wasm", 100);
    let running = start(plugin.path(), &origin);
    let compile = another(&running, "compile", &[]);
    let helper = children(running.id())[0];
    kill_process(Pid::from_raw(helper.cast_signed()).unwrap(), Signal::KILL).unwrap();
    let ended = running.end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );
    let gone = || fs::read(format!("/proc/{}/cmdline", compile.as_raw_nonzero())).is_ok_and(|line| !line.is_empty());
    let begun = Instant::now();
    while gone() {
        assert!(begun.elapsed() < PATIENCE, "what the helper started outlives it");
    }
}

/// Nothing is left of a load when its program is gone.
#[test]
fn what_loads_ends_with_its_program() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let heavy = Heavy::branches("heavy.wasm", LONG);
    let running = start(heavy.path(), &origin);
    let left: Vec<Pid> = vec![another(&running, "compile", &[]), another(&running, "try", &[])];
    drop(running);
    let begun = Instant::now();
    while left.iter().any(|it| rustix::process::test_kill_process(*it).is_ok()) {
        assert!(begun.elapsed() < PATIENCE, "{left:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_signal_ends_a_load() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let heavy = Heavy::branches("heavy.wasm", LONG);
    let running = start(heavy.path(), &origin);
    let compile = another(&running, "compile", &[]);
    // Not SIGINT, which a shell has its background jobs ignore.
    running.signal("TERM").unwrap();
    assert_ne!(running.end().code(), Some(0));
    let begun = Instant::now();
    while rustix::process::test_kill_process(compile).is_ok() {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What takes more memory the longer it is compiled, in forms that no weighing knows.
#[test]
fn each_way_to_be_heavy_ends_within_the_limits() {
    let adapters = |levels: usize| {
        let mut text = "(core module $m)".to_owned();
        for at in 0..levels {
            text += &format!("(component $c{at} (core module $m) (core instance (instantiate $m)))");
        }
        text
    };
    let switch = format!(
        "(func (param i32) {} local.get 0 (br_table {}) {})",
        "block ".repeat(800),
        "0 ".repeat(200_000),
        "end ".repeat(800)
    );
    let calls = format!(
        "(func $f (param i64 i64 i64 i64)) (func {})",
        "i64.const 1 i64.const 2 i64.const 3 i64.const 4 call $f ".repeat(20_000)
    );
    let nested = format!(
        "(func (result i32) {} i32.const 1 {})",
        "(block (result i32) ".repeat(900),
        ")".repeat(900)
    );
    let selects = format!(
        "(func (param i32) (result i32) local.get 0 {})",
        "local.get 0 local.get 0 select ".repeat(60_000)
    );
    let globals = "(global (mut i64) (i64.const 0))".repeat(20_000);
    let texts = [
        adapters(200),
        format!("(core module {switch})"),
        format!("(core module {calls})"),
        format!("(core module {nested})"),
        format!("(core module {selects})"),
        format!("(core module {globals})"),
    ];
    for (at, text) in texts.iter().enumerate() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("heavy.wat");
        fs::write(&path, format!("(component {text})")).unwrap();
        let limits = [
            "--limit",
            "load-memory=96MiB",
            "--limit",
            "load-processor-time=2s",
            "--limit",
            "load-time=1min",
        ];
        let said = sentence(&run(&limits, &path), 2);
        let known = [
            "load-memory",
            "load-processor-time",
            "no callback",
            "not a valid component",
            "text",
            "more than",
        ];
        assert!(known.iter().any(|words| said.contains(words)), "{at}: {said}");
    }
}

#[test]
fn code_of_the_cache_is_within_the_limit_too() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let light = Heavy::light("light.wasm");
    assert_eq!(start(light.path(), &origin).end().code(), Some(0));
    let said = sentence(&run(&["--limit", "load-code=1KiB"], light.path()), 2);
    assert!(said.contains("load-code"), "{said}");
}

fn host(loader: Loader, policy: PolicyKind) -> Host {
    Host::new(Policy::new(policy).unwrap(), loader).unwrap()
}

/// The library, by the helper that it names and in its own process: both have the same plugin.
#[test]
fn a_program_names_its_helper() {
    let light = Heavy::light("light.wasm");
    let folder = TempDir::new().unwrap();
    let cache = CacheDirectory::open(&folder.path().join("cache")).unwrap();
    let helped = Loader::start(binary()).unwrap().with_cache(cache.clone());
    for loader in [Loader::in_process(), helped.clone(), helped] {
        let plugin = host(loader, PolicyKind::Tenant).load(light.path()).unwrap();
        assert_eq!(plugin.callbacks().len(), 1);
    }
    let kept = fs::read_dir(cache.path()).unwrap().count();
    assert_eq!(kept, 2, "the code and what is known of it, once");
    assert!(Loader::start("/no/such/program".as_ref()).is_err());
    // A program that is no helper says nothing, and is told apart from one that crashes.
    let none = host(Loader::start("/bin/true".as_ref()).unwrap(), PolicyKind::Tenant);
    let error = none.load(light.path()).unwrap_err().to_string();
    assert!(error.contains("helper"), "{error}");
}

/// By hand the helper does nothing.
#[test]
fn nobody_starts_it_by_hand() {
    for arguments in [
        &["transferhost-loader"][..],
        &["transferhost-loader", "x"],
        &["transferhost-loader", "compile"],
    ] {
        let ended = Transferhost::new().args(arguments).end();
        assert_eq!(ended.code(), Some(2), "{arguments:?}");
        assert!(ended.stdout.is_empty());
    }
}

/// Code that another wasmtime made, or that is no code, is made anew.
#[test]
fn code_that_is_of_no_use_is_made_anew() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let light = Heavy::light("light.wasm");
    let cache = TempDir::new().unwrap();
    let run = || {
        Transferhost::run()
            .env("XDG_CACHE_HOME", cache.path())
            .arg(light.path())
            .arg(origin.url("/"))
            .end()
    };
    assert_eq!(run().code(), Some(0));
    let listed = fs::read_dir(cache.path().join("transferhost")).unwrap();
    let code: PathBuf = listed
        .map(|it| it.unwrap().path())
        .find(|it| it.extension().unwrap() == "code")
        .unwrap();
    let whole = fs::read(&code).unwrap();
    let size = whole.len();
    let text = String::from_utf8_lossy(&whole).into_owned();
    assert!(text.contains("transferhost 0."), "it says who made it");
    let other: Vec<u8> = whole
        .windows(15)
        .position(|window| window.starts_with(b"transferhost 0."))
        .map(|at| [&whole[..at], b"transferhost 9.", &whole[at + 15..]].concat())
        .unwrap();
    for bytes in [vec![0; size], vec![b'x'; size], other] {
        fs::write(&code, bytes).unwrap();
        assert_eq!(run().code(), Some(0));
        assert_eq!(fs::read(&code).unwrap(), whole, "it was made again");
    }
}
