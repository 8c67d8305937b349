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

use super::loaders::{has_ended, processes};
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
    let plugin = Heavy::branches("heavy.wasm", 300);
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
    let plugin = Heavy::branches("heavy.wasm", 300);
    let running = start(plugin.path(), &origin);
    let compile = another(&running, "compile", &[]);
    let helper = another(&running, "help", &[]);
    kill_process(helper, Signal::KILL).unwrap();
    let again = another(&running, "help", &[helper]);
    assert_ne!(again, helper);
    until_ended(&[compile]);
    let ended = running.end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );
}

/// Waits until these have ended.
fn until_ended(processes: &[Pid]) {
    let begun = Instant::now();
    while !processes.iter().all(|process| has_ended(*process)) {
        assert!(begun.elapsed() < PATIENCE, "{processes:?} outlive what started them");
        std::thread::sleep(Duration::from_millis(2));
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
    until_ended(&left);
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
    until_ended(&[compile]);
}

/// What takes the compiler much in ways that no weighing knows, each with the limit that ends it.
#[test]
fn each_way_to_be_heavy_ends_within_the_limits() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let calls = "i64.const 1 i64.const 2 i64.const 3 i64.const 4 call $f ".repeat(10_000);
    let calls = format!("(core module (func $f (param i64 i64 i64 i64)) (func {calls}))");
    let stores: String = (0..20_000)
        .map(|at| format!("local.get 0 local.get 1 i32.store offset={at} "))
        .collect();
    let stores = format!("(core module (memory 1) (func (param i32 i32) {stores}))");
    let functions = format!("(core module {})", "(func)".repeat(20_000));
    let data = format!(
        "(core module (memory 100) {})",
        format!("(data (i32.const 0) \"{}\")", "x".repeat(60_000)).repeat(12)
    );
    let tables = format!(
        "(core module (func (param i32) block local.get 0 br_table {} end))",
        "0 ".repeat(60_000)
    );
    let beside = |text: &str| Heavy::beside("heavy.wasm", text);
    for (name, plugin, limit) in [
        (
            "branches",
            Heavy::branches("heavy.wasm", LONG),
            "load-processor-time=500ms",
        ),
        ("branches", Heavy::branches("heavy.wasm", LONG), "load-time=500ms"),
        (
            "many branches",
            Heavy::branches("heavy.wasm", 20_000),
            "load-memory=96MiB",
        ),
        (
            "adapters",
            Heavy::adapters("heavy.wasm", 12, 6),
            "load-processor-time=500ms",
        ),
        ("adapters", Heavy::adapters("heavy.wasm", 12, 6), "load-memory=96MiB"),
        ("an adapter", Heavy::adapters("heavy.wasm", 1, 1), "load-code=256KiB"),
        ("calls", beside(&calls), "load-code=64KiB"),
        ("stores", beside(&stores), "load-code=64KiB"),
        ("functions", beside(&functions), "load-code=64KiB"),
        ("data", beside(&data), "load-code=64KiB"),
        ("a table of branches", beside(&tables), "load-code=64KiB"),
    ] {
        let ended = Transferhost::run()
            .args(["--limit", limit])
            .arg(plugin.path())
            .arg(origin.url("/"))
            .end();
        let said = ended.stderr;
        let key = limit.split('=').next().unwrap();
        assert!(
            said.contains(&format!("(raise with --limit {key})")),
            "{name}, {limit}: {said}"
        );
    }
}

/// What the program has open besides is not open in the processes that load.
#[test]
fn they_inherit_nothing() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let heavy = Heavy::branches("heavy.wasm", LONG);
    let folder = TempDir::new().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    let opened = format!("exec 8<{} 9<&8", secret.display());
    let running = Transferhost::run_after(&opened)
        .arg(heavy.path())
        .arg(origin.url("/"))
        .start();
    for role in ["compile", "try"] {
        let process = another(&running, role, &[]);
        let open = fs::read_dir(format!("/proc/{}/fd", process.as_raw_nonzero())).unwrap();
        let names: Vec<_> = open
            .map(|it| fs::read_link(it.unwrap().path()).unwrap_or_default())
            .collect();
        assert!(!names.contains(&secret), "{role}: {names:?}");
    }
}

/// Nobody but root may raise a limit that the session has: a lower one is kept.
#[test]
fn a_sessions_lower_limits_are_kept() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    for limits in [
        "ulimit -t 100",
        "ulimit -d 3000000",
        "ulimit -f 2000000",
        "ulimit -t 90; ulimit -d 2000000",
    ] {
        let light = Heavy::light("light.wasm");
        let ended = Transferhost::run_after(limits)
            .arg(light.path())
            .arg(origin.url("/"))
            .end();
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "body"),
            "{limits}: {}",
            ended.stderr
        );
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
