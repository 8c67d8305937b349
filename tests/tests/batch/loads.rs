//! Loads are fair between tenants, and what befalls one is its own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use transferhost_tests::PATIENCE;
use transferhost_tests::heavy::Heavy;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use super::loaders::{has_ended, processes};
use super::site::{Site, end, find, of};
use super::stream::{Pipe, lines};

/// Branches that take the compiler longer than these tests let it.
const LONG: usize = 3_000;

fn job(origin: &Origin, tenant: &str, plugin: &str) -> Value {
    json!({"id": format!("{tenant} {plugin}"), "tenant": tenant, "plugin": plugin, "url": origin.url("/")})
}

/// Says that a test is over, however it ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The outcomes of these jobs in the order in which they came.
fn outcomes(site: &Site, jobs: &[Value]) -> Vec<Value> {
    let cache = TempDir::new().unwrap();
    let lines: Vec<String> = jobs.iter().map(Value::to_string).collect();
    // What is slow has what others leave of the processors.
    let batch = site.batch().env("XDG_CACHE_HOME", cache.path()).patience(6 * PATIENCE);
    let ended = batch.arg("-").input(lines.join("\n")).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let outcomes = of(&ended.text());
    assert_eq!(outcomes.len(), jobs.len(), "{outcomes:?}");
    outcomes
}

/// The slots of the fast lane and the memory of the slow one: enough, and one of each.
const LANES: [&str; 2] = ["", "[batch]\nloads = 1\nload-memory = \"1MiB\""];

/// Two tenants' large plugins, and a third's small one that begins last.
fn large_and_small(origin: &Origin, policy: &str) -> (Site, [Value; 4]) {
    let site = Site::new(origin, policy);
    for name in ["heavy.wasm", "other.wasm"] {
        site.plugin(name, Heavy::branches(name, LONG).path());
    }
    site.plugin("light.wasm", Heavy::light("light.wasm").path());
    let jobs = [
        ("a", "heavy.wasm"),
        ("a", "other.wasm"),
        ("b", "other.wasm"),
        ("c", "light.wasm"),
    ];
    (site, jobs.map(|(tenant, plugin)| job(origin, tenant, plugin)))
}

/// A small plugin is loaded before the large ones of others that began sooner, whoever they are and however many.
#[test]
fn a_small_plugin_waits_for_no_large_one() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    for lanes in LANES {
        let policy = format!("[limits]\nload-processor-time = \"10min\"\nload-time = \"10min\"\n{lanes}");
        let (site, jobs) = large_and_small(&origin, &policy);
        let cache = TempDir::new().unwrap();
        let batch = site.batch().env("XDG_CACHE_HOME", cache.path()).arg("-");
        let mut running = batch.input(jobs.map(|job| job.to_string()).join("\n")).start();
        let first = lines(&mut running).next().unwrap();
        assert_eq!(
            (&first["id"], end(&first).0),
            (&json!("c light.wasm"), 0),
            "{lanes}: {first}"
        );
        // The others are loaded for minutes yet: the batch is killed.
    }
}

/// A large plugin meets its limit in whichever lane it is, and a load that had to begin anew does.
#[test]
fn a_large_plugin_ends_at_its_limit() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    for lanes in LANES {
        let policy = format!("[limits]\nload-processor-time = \"3s\"\nload-time = \"20s\"\n{lanes}");
        let (site, jobs) = large_and_small(&origin, &policy);
        let outcomes = outcomes(&site, &jobs);
        assert_eq!(end(find(&outcomes, "c light.wasm")).0, 0);
        for job in &jobs[..3] {
            let outcome = find(&outcomes, job["id"].clone());
            let (code, said) = end(outcome);
            assert_eq!(
                (code, outcome["abort"]["cause"].as_str()),
                (2, Some("deadline")),
                "{said}"
            );
            assert!(said.contains("--limit load-"), "{said}");
        }
    }
}

/// The bytes that somebody else has asked for before, and waits for, are no reason to wait as long as he must.
#[test]
fn nobody_waits_by_anothers_claim() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let policy = "[limits]\nload-processor-time = \"600ms\"\n[batch]\nloads = 1";
    let site = Site::new(&origin, policy);
    let light = Heavy::light("light.wasm");
    site.plugin("light.wasm", light.path());
    let mut jobs = Vec::new();
    for at in 0..3 {
        let name = format!("heavy{at}.wasm");
        site.plugin(&name, Heavy::branches(&name, LONG).path());
        jobs.push(job(&origin, "a", &name));
    }
    // `a` has used much when it asks for what `b` wants too, and those before `b` have used nothing.
    jobs.push(job(&origin, "a", "light.wasm"));
    let outcomes = outcomes(&site, &[jobs, vec![job(&origin, "b", "light.wasm")]].concat());
    let at = |id: &str| outcomes.iter().position(|outcome| outcome["id"] == id).unwrap();
    assert!(at("b light.wasm") < at("a heavy2.wasm"), "{outcomes:?}");
    assert_eq!(end(&outcomes[at("a light.wasm")]).0, 0);
}

/// A hardened process starts no other: what it has started before takes the killed helper's place.
#[test]
fn a_hardened_batch_loads_on_when_its_helper_was_killed() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let cache = TempDir::new().unwrap();
    let (first, second) = (Heavy::branches("first.wasm", 300), Heavy::light("second.wasm"));
    site.plugin("first.wasm", first.path());
    site.plugin("second.wasm", second.path());
    // The one tenant's second plugin is loaded when its first has been.
    let lines = ["first.wasm", "second.wasm"].map(|plugin| job(&origin, "a", plugin).to_string());
    let batch = site
        .batch()
        .env("XDG_CACHE_HOME", cache.path())
        .arg("--harden")
        .arg("-");
    let running = batch.input(lines.join("\n")).start();
    let begun = Instant::now();
    while processes(running.id(), "compile").is_empty() {
        assert!(begun.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(2));
    }
    for helper in processes(running.id(), "help") {
        kill_process(helper, Signal::KILL).unwrap();
    }
    let ended = running.end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let outcomes = of(&ended.text());
    assert!(outcomes.iter().all(|outcome| outcome["code"] == 0), "{outcomes:?}");
    assert_eq!(outcomes.len(), 2);
}

/// A helper that stands still is killed by the process that keeps it: the program may kill and start none.
#[test]
fn a_hardened_batch_loads_on_when_its_helper_stood_still() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[limits]\nload-time = \"1s\"");
    let cache = TempDir::new().unwrap();
    for name in ["first.wasm", "second.wasm"] {
        site.plugin(name, Heavy::light(name).path());
    }
    let pipe = Pipe::new(&site);
    let batch = site.batch().env("XDG_CACHE_HOME", cache.path());
    let mut running = batch.args(["--harden", "jobs.fifo"]).start();
    let begun = Instant::now();
    let helper = loop {
        if let [helper] = processes(running.id(), "help")[..] {
            break helper;
        }
        assert!(begun.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(2));
    };
    let mut outcomes = lines(&mut running);
    let mut outcome = |name: &str| {
        pipe.write(&format!("{}\n", job(&origin, "a", name)));
        outcomes.next().unwrap()
    };
    kill_process(helper, Signal::STOP).unwrap();
    let first = outcome("first.wasm");
    assert_eq!(
        (end(&first).0, &first["abort"]["cause"]),
        (2, &json!("system")),
        "{first}"
    );
    assert_eq!(end(&outcome("second.wasm")).0, 0);
    drop(pipe);
    assert_eq!(running.end().code(), Some(0));
    assert!(has_ended(helper));
}

/// Each way to end a load early ends that load alone, and says so.
#[test]
fn what_befalls_one_load_is_its_own() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(
        &origin,
        "[tenants.memory.limits]\nload-memory = \"96MiB\"\n\
         [tenants.code.limits]\nload-code = \"1KiB\"\n[tenants.time.limits]\nload-processor-time = \"800ms\"\n[tenants.well]",
    );
    let (heavy, large) = (
        Heavy::branches("heavy.wasm", LONG),
        Heavy::branches("large.wasm", 20_000),
    );
    let (light, small) = (Heavy::light("light.wasm"), Heavy::light("small.wasm"));
    for plugin in [&heavy, &large, &light, &small] {
        let name = plugin.path().file_name().unwrap().to_string_lossy().into_owned();
        site.plugin(&name, plugin.path());
    }
    let cases = [
        ("memory", "large.wasm", Some(("memory", "load-memory"))),
        ("code", "small.wasm", Some(("memory", "load-code"))),
        ("time", "heavy.wasm", Some(("deadline", "load-processor-time"))),
        ("well", "light.wasm", None),
    ];
    let jobs = cases.map(|(tenant, plugin, _)| job(&origin, tenant, plugin));
    let outcomes = outcomes(&site, &jobs);
    for (tenant, plugin, ends) in cases {
        let outcome = find(&outcomes, format!("{tenant} {plugin}"));
        let (code, said) = end(outcome);
        match ends {
            None => assert_eq!(code, 0, "{said}"),
            Some((cause, key)) => {
                assert_eq!((code, outcome["abort"]["cause"].as_str()), (2, Some(cause)), "{said}");
                assert!(said.contains(key), "{said}");
                assert!(outcome["abort"]["limit"].is_u64(), "{outcome}");
            }
        }
    }
}

/// Processes that load are killed as they come: each job has its outcome all the same.
#[test]
fn no_outcome_is_lost_where_loads_are_killed() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let cache = TempDir::new().unwrap();
    let plugins: Vec<Heavy> = (0..12).map(|at| Heavy::branches(&format!("{at}.wasm"), 60)).collect();
    let mut lines = Vec::new();
    for (at, plugin) in plugins.iter().enumerate() {
        let name = format!("{at}.wasm");
        site.plugin(&name, plugin.path());
        for tenant in ["a", "b", "c"] {
            lines.push(job(&origin, tenant, &name).to_string());
        }
    }
    let batch = site.batch().env("XDG_CACHE_HOME", cache.path()).arg("-");
    let running = batch.input(lines.join("\n")).start();
    let program = running.id();
    let over = AtomicBool::new(false);
    let kills = AtomicUsize::new(0);
    let ended = thread::scope(|scope| {
        let _over = Over(&over);
        scope.spawn(|| {
            // A bounded number, so that some come through.
            while kills.load(Ordering::Relaxed) < 30 && !over.load(Ordering::Relaxed) {
                let role = if fastrand::bool() { "compile" } else { "try" };
                for process in processes(program, role).into_iter().filter(|it| !has_ended(*it)) {
                    kills.fetch_add(
                        usize::from(kill_process(process, Signal::KILL).is_ok()),
                        Ordering::Relaxed,
                    );
                }
                thread::sleep(Duration::from_millis(fastrand::u64(1..20)));
            }
        });
        running.end()
    });
    assert!(kills.load(Ordering::Relaxed) > 0);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let outcomes = of(&ended.text());
    assert_eq!(outcomes.len(), lines.len());
    for outcome in &outcomes {
        match end(outcome) {
            (0, _) => {}
            (2, said) => assert!(said.contains("was killed, and again"), "{said}"),
            other => panic!("{other:?}"),
        }
    }
}
