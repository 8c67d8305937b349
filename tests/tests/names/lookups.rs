//! Lookups of a batch: bounded for a tenant and for the process while a name server is silent, and what becomes of each name.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use transferhost::{
    Host, IpVersion, Job, MemorySink, Policy, PolicyKind, Quotas, Route, Tenant, TransferSpec, Workers,
};
use transferhost_tests::command::{Transferhost, loader};
use transferhost_tests::guests::guest;
use transferhost_tests::namespace::{Beyond, is_inside, run_inside};

use super::listener::Listener;
use super::{GOOD, RESOLVER, ZONE, resolver};

/// Slots of a tenant, and of the process.
const TENANT: usize = 8;
const PROCESS: usize = 128;
/// Threads of a batch that resolves nothing, at most: workers, signals, the engine's clock, and those that load and read.
const OTHERS: usize = 40;

/// Whether libcurl is the newer one: an older has a thread of its own beside a slot.
static IS_BUNDLED: LazyLock<bool> =
    LazyLock::new(|| Transferhost::new().arg("--version").end().text().contains(" bundled"));

#[test]
fn lookups_where_nothing_can_leave() {
    // Silence lasts for longer than any transfer here.
    let patient = RESOLVER.map(|step| step.replace("timeout:1", "timeout:10"));
    run_inside("lookups::inside", &patient.each_ref().map(String::as_str));
}

#[test]
fn inside() {
    // The test above starts this one in a namespace.
    if !is_inside() {
        return;
    }
    resolver::serve(([127, 0, 0, 1], 53).into(), ZONE);
    let listener = Listener::on(&[80, 8080], &Beyond::new("lends"));
    one_tenant_and_a_silent_server();
    many_tenants_and_a_silent_server();
    each_name_ends_as_with_curl(&listener);
    what_the_caller_says_of_names_counts();
    strictly_each_name_ends_the_same_way(&listener);
}

/// The outcomes of a batch by their ids, and how many threads looked names up, and were there in all, at most.
struct Seen {
    outcomes: HashMap<String, Value>,
    lookups: usize,
    threads: usize,
}

/// Runs these jobs, and counts threads as long as it runs.
fn batch(network: &str, jobs: &[Value]) -> Seen {
    let folder = TempDir::with_prefix("transferhost-lookups-").unwrap();
    fs::copy(guest("ssrf-guard"), folder.path().join("guard.wasm")).unwrap();
    let quotas = "[quotas]\nrequests = 10_000\nqueue = 10_000\nguest-time = \"900ms\"\n";
    let policy = format!(
        "policy = \"tenant\"\n[limits]\ncall-time = \"10s\"\n{quotas}[network]\nports = [80, 8080]\n{network}\n"
    );
    fs::write(folder.path().join("policy.toml"), policy).unwrap();
    let lines: Vec<String> = jobs.iter().map(Value::to_string).collect();
    fs::write(folder.path().join("jobs.jsonl"), lines.join("\n")).unwrap();
    let running = Transferhost::new()
        .in_folder(folder.path())
        .args([
            "batch",
            "--policy-file",
            "policy.toml",
            "--outcome",
            "done.jsonl",
            "jobs.jsonl",
        ])
        .start();
    let tasks = Path::new("/proc").join(running.id().to_string()).join("task");
    let done = folder.path().join("done.jsonl");
    let (mut lookups, mut threads) = (0, 0);
    let ended = |text: &str| text.lines().count() >= jobs.len();
    while !fs::read_to_string(&done).is_ok_and(|text| ended(&text)) {
        let Ok(tasks) = fs::read_dir(&tasks) else { break };
        let names: Vec<_> = tasks
            .flatten()
            .map(|task| fs::read_to_string(task.path().join("comm")).unwrap_or_default())
            .collect();
        threads = threads.max(names.len());
        lookups = lookups.max(names.iter().filter(|name| name.trim() == "resolver").count());
    }
    let ended = running.end();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    let outcomes = fs::read_to_string(done).unwrap();
    let outcomes = outcomes
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let outcomes = outcomes.map(|outcome| (outcome["id"].as_str().unwrap().to_owned(), outcome));
    Seen {
        outcomes: outcomes.collect(),
        lookups,
        threads,
    }
}

/// Jobs whose names are never answered, with a plugin that decides about connections: each has a multi handle of its own.
fn silent(tenant: &str, count: usize, time: &str) -> Vec<Value> {
    let job = |number| {
        let name = format!("{tenant}-{number}.silent");
        let url = match number % 6 {
            0 => format!("http://{name}:8080/"),
            1 => format!("http://{}./", name.to_uppercase()),
            2 => format!("http://user:word@{name}/?#"),
            3 => format!("http://good.test/to/{name}"),
            4 => format!("http://good.test/to/{name}:8080"),
            _ => format!("http://{name}/"),
        };
        let (id, limits) = (format!("{tenant}-{number}"), json!({"total-time": time}));
        json!({"id": id, "tenant": tenant, "url": url, "follow": true, "plugin": "guard.wasm", "limits": limits})
    };
    (0..count).map(job).collect()
}

fn good(tenant: &str) -> Value {
    let limits = json!({"total-time": "5s"});
    json!({"id": tenant, "tenant": tenant, "url": "http://good.test/", "output": "inline", "limits": limits})
}

/// Asserts how a transfer to a silent name ends, and tells whether its URL has that name. An older libcurl follows a redirect
/// without waiting, and so only where there is a slot.
fn is_timed_out(outcome: &Value) -> bool {
    let direct = !outcome["url"].as_str().unwrap().contains("/to/");
    let follows_at_once = !direct && !*IS_BUNDLED;
    assert!(
        outcome["code"] == 28 || (follows_at_once && outcome["code"] == 6),
        "{outcome}"
    );
    direct
}

/// Slots that only an older libcurl needs, for redirects, and so many threads of its own.
fn beside(slots: usize) -> usize {
    if *IS_BUNDLED { 0 } else { slots }
}

fn one_tenant_and_a_silent_server() {
    let mut jobs = silent("flood", 600, "20ms");
    jobs.push(good("another"));
    let seen = batch("", &jobs);
    // The other tenant's lookup, and a thread that is just ending, may be seen as well.
    let most = TENANT + 2 + beside(64);
    assert!((TENANT..=most).contains(&seen.lookups), "{} lookups", seen.lookups);
    assert!(seen.threads <= OTHERS + most + beside(64), "{} threads", seen.threads);
    assert_eq!(seen.outcomes["another"]["body"], "body", "{}", seen.outcomes["another"]);
    for number in 0..600 {
        let outcome = &seen.outcomes[&format!("flood-{number}")];
        let direct = is_timed_out(outcome);
        let message = outcome["message"].as_str().unwrap();
        assert!(
            !direct || message.starts_with("Resolving timed out after "),
            "{message}"
        );
    }
}

fn many_tenants_and_a_silent_server() {
    let tenants: Vec<String> = (0..30).map(|number| format!("flood{number}")).collect();
    let mut jobs: Vec<Value> = tenants.iter().flat_map(|tenant| silent(tenant, 12, "1s")).collect();
    jobs.push(good("another"));
    let seen = batch("", &jobs);
    let most = PROCESS + 2 + beside(256);
    assert!((TENANT + 3..=most).contains(&seen.lookups), "{} lookups", seen.lookups);
    assert!(seen.threads <= OTHERS + most + beside(256), "{} threads", seen.threads);
    assert_eq!(seen.outcomes["another"]["body"], "body", "{}", seen.outcomes["another"]);
    let ends = seen.outcomes.values().filter(|outcome| outcome["id"] != "another");
    for outcome in ends {
        is_timed_out(outcome);
    }
}

/// A URL, its code, and its body or its message.
const NAMES: &[(&str, u64, &str)] = &[
    ("http://good.test/", 0, "body"),
    ("http://GOOD.test/", 0, "body"),
    ("http://good.test./", 0, "body"),
    ("http://good.test:8080/", 0, "body"),
    ("http://user:word@good.test/", 0, "body"),
    ("http://93.184.216.35/", 0, "body"),
    ("http://1572395043/", 0, "body"),
    ("http://[::ffff:93.184.216.35]/", 0, "body"),
    ("http://[2606:2800:220:1::1]/", 0, "body"),
    ("http://mixed.test/", 0, "body"),
    ("http://inner.test/", 7, "opensocket: denied"),
    ("http://localhost/", 7, "opensocket: denied"),
    ("http://a.localhost/", 7, "opensocket: denied"),
    ("http://localhost./", 7, "opensocket: denied"),
    ("http://a.localhost./", 7, "opensocket: denied"),
    ("http://nowhere.test/", 6, "Could not resolve host: nowhere.test"),
    ("http://a_b.nowhere.test/", 28, "Resolving timed out after "),
    ("http://nowhere.test:8080/", 6, "Could not resolve host: nowhere.test"),
    ("http://silent.test/", 28, "Resolving timed out after "),
    // Redirects.
    ("http://good.test/to/other.test", 0, "body"),
    ("http://good.test/to/other.test:8080", 0, "body"),
    ("http://good.test/to/good.test", 0, "body"),
    ("http://good.test/to/93.184.216.36", 0, "body"),
    ("http://good.test/to/inner.test", 7, "opensocket: denied"),
    ("http://good.test/to/localhost", 7, "opensocket: denied"),
    (
        "http://good.test/to/nowhere.test",
        6,
        "Could not resolve host: nowhere.test",
    ),
    ("http://good.test/to/hop.silent", 28, ""),
];

fn ends(network: &str, plugin: bool) -> HashMap<String, Value> {
    let job = |(number, (url, ..)): (usize, &(&str, u64, &str))| {
        let limits = json!({"total-time": "900ms"});
        let mut job =
            json!({"id": number.to_string(), "url": url, "follow": true, "output": "inline", "limits": limits});
        if plugin {
            job["plugin"] = "guard.wasm".into();
        }
        job
    };
    let jobs: Vec<Value> = NAMES.iter().enumerate().map(job).collect();
    batch(network, &jobs).outcomes
}

fn each_name_ends_as_with_curl(listener: &Listener) {
    for plugin in [false, true] {
        let outcomes = ends("", plugin);
        for (number, (url, code, said)) in NAMES.iter().enumerate() {
            let outcome = &outcomes[&number.to_string()];
            assert_eq!(outcome["code"], *code, "{url}: {outcome}");
            let text = if *code == 0 {
                &outcome["body"]
            } else {
                &outcome["message"]
            };
            // The plugin says more of what it denies.
            assert!(text.as_str().unwrap().contains(said), "{url}: {outcome}");
        }
        let inner: std::net::IpAddr = [127, 0, 0, 1].into();
        let good: std::net::IpAddr = GOOD.parse().unwrap();
        let dialled = listener.dialled();
        assert!(!dialled.contains(&inner) && dialled.contains(&good), "{dialled:?}");
    }
}

/// The answer that is judged is the one that is dialled: a name that changes after it was judged stays what it was.
fn strictly_each_name_ends_the_same_way(listener: &Listener) {
    let outcomes = ends("strict = true", false);
    for (number, (url, code, _)) in NAMES.iter().enumerate() {
        let outcome = &outcomes[&number.to_string()];
        let code = if *url == "http://mixed.test/" { 7 } else { *code };
        assert_eq!(outcome["code"], code, "{url}: {outcome}");
    }
    assert!(listener.dialled().iter().all(|ip| !ip.is_loopback()));
}

/// `--resolve`, `--connect-to` and the family of addresses, as the library's callers have them.
fn what_the_caller_says_of_names_counts() {
    let host = Host::new(Policy::new(PolicyKind::Tenant).unwrap(), loader()).unwrap();
    let workers = Workers::start(1).unwrap();
    let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>();
    let resolve = |entry: &str| Route {
        resolve: list(&[entry]),
        ..Route::default()
    };
    let connect_to = |entry: &str| Route {
        connect_to: list(&[entry]),
        ..Route::default()
    };
    let family = |ip| Route { ip, ..Route::default() };
    for (route, url, code) in [
        (resolve("a.silent:80:93.184.216.35"), "http://a.silent/", 0),
        (resolve("+a.silent:80:93.184.216.35"), "http://a.silent/", 0),
        (resolve("*:80:93.184.216.35"), "http://b.silent/", 0),
        (resolve("-good.test:80"), "http://good.test/", 0),
        (resolve("a.silent:80:127.0.0.1"), "http://a.silent/", 7),
        (resolve("good.test:80:127.0.0.1"), "http://good.test/", 7),
        (resolve("other.test:80:127.0.0.1"), "http://good.test/", 0),
        (connect_to("a.silent:80:good.test:80"), "http://a.silent/", 0),
        (connect_to("::good.test:"), "http://a.silent/", 0),
        (connect_to("::93.184.216.35:"), "http://a.silent/", 0),
        (connect_to("::[::ffff:93.184.216.35]:"), "http://a.silent/", 0),
        (connect_to("::nowhere.test:"), "http://good.test/", 6),
        (connect_to("::c.silent:"), "http://good.test/", 28),
        (connect_to("b.test::nowhere.test:"), "http://good.test/", 0),
        (family(IpVersion::V4), "http://good.test/", 0),
        (family(IpVersion::V6), "http://good.test/", 6),
        (family(IpVersion::Any), "http://good.test/", 0),
    ] {
        let (shown, body) = (format!("{route:?} {url}"), MemorySink::new(100));
        let tenant = Tenant::new(
            &host,
            "caller",
            Policy::new(PolicyKind::Tenant).unwrap(),
            Quotas::default(),
        )
        .unwrap();
        let spec = TransferSpec {
            url: url.to_owned(),
            route,
            max_time: Some(Duration::from_secs(2)),
            ..TransferSpec::default()
        };
        let job = Job {
            tenant,
            plugin: None,
            spec,
            sink: Box::new(body.clone()),
        };
        let outcome = workers.submit(job).unwrap().wait();
        assert_eq!(outcome.code.number(), code, "{shown}: {}", outcome.message);
        assert_eq!(body.take() == b"body", code == 0, "{shown}");
    }
}
