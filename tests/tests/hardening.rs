//! What the process of `run` gives up, seen from outside: in /proc while a transfer runs, and by what becomes of files.
//! `hardening/inside.rs` tries it from inside.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;
use transferhost_tests::PATIENCE;
use transferhost_tests::command::Transferhost;
use transferhost_tests::event::Event;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::roomy;
use transferhost_tests::running::{Ended, Running};

#[path = "hardening/files.rs"]
mod files;
#[path = "hardening/inside.rs"]
mod inside;
#[path = "hardening/lacking.rs"]
mod lacking;
#[path = "kit/policy_file.rs"]
mod policy_file;
#[path = "kit/sentence.rs"]
mod sentence;

use policy_file::PolicyFile;
use sentence::sentence;

const LOOPBACK: &[&str] = &["127.0.0.0/8"];

/// Whether this kernel has all of it; says where not that nothing was tried.
fn is_there() -> bool {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let ended = run(&opened(&origin), &["--harden"], &[&origin.url("/")]);
    if ended.code() == Some(2) {
        transferhost_tests::skip(&sentence(&ended, 2));
        return false;
    }
    assert_eq!((ended.text().as_str(), ended.stderr.as_str()), ("body", ""));
    true
}

/// Opens the origin's address and port.
fn opened(origin: &Origin) -> PolicyFile {
    PolicyFile::open(&[origin.address().port()], LOOPBACK)
}

fn run(policy: &PolicyFile, ours: &[&str], curl: &[&str]) -> Ended {
    let run = Transferhost::run().args(policy.words()).args(ours);
    run.arg("--no-plugin").args(curl).end()
}

/// An origin that has read its request and waits for a word to answer "body".
struct Held {
    origin: Origin,
    asked: Event,
    go: Event,
}

impl Held {
    fn new() -> Self {
        let (asked, go) = (Event::new(), Event::new());
        let origin = Origin::serve({
            let (asked, go) = (asked.clone(), go.clone());
            move |mut connection| {
                connection.expect_request()?;
                asked.fire();
                connection.wait(&go)?;
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
            }
        });
        Self {
            origin: origin.unwrap(),
            asked,
            go,
        }
    }
}

/// Of each thread: no new privileges, seccomp's mode, its filters. Then the soft and the hard limit of core dumps.
fn seen(running: &Running) -> (Vec<[String; 3]>, String) {
    let process = Path::new("/proc").join(running.id().to_string());
    let threads = fs::read_dir(process.join("task")).unwrap().map(|task| {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        ["NoNewPrivs", "Seccomp", "Seccomp_filters"].map(|key| {
            let value = status
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(":\t"));
            value.unwrap_or_else(|| panic!("no {key}: {status}")).to_owned()
        })
    });
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size"));
    let core: Vec<&str> = core.unwrap().split_whitespace().take(2).collect();
    (threads.collect(), core.join(" "))
}

/// What is seen of a transfer with a plugin, while it waits for its origin.
fn observe(policy: &str, ours: &[&str]) -> (Vec<[String; 3]>, String) {
    let held = Held::new();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("policy.toml");
    let port = held.origin.address().port();
    let tenant = roomy(&format!("[network]\nports = [{port}]\nallow = [\"127.0.0.1/32\"]\n"));
    let network = if policy.contains("tenant") { tenant.as_str() } else { "" };
    fs::write(&file, format!("{policy}\n{network}")).unwrap();
    let run = Transferhost::run().arg("--policy-file").arg(&file).args(ours);
    let running = run.arg(guest("pass")).arg(held.origin.url("/")).start();
    assert!(held.asked.wait(PATIENCE), "it was not dialled");
    let seen = seen(&running);
    held.go.fire();
    let ended = running.end();
    assert_eq!((ended.text().as_str(), ended.stderr.as_str()), ("body", ""));
    seen
}

#[test]
fn every_thread_is_hardened_where_it_is_asked_for() {
    if !is_there() {
        return;
    }
    let (tenant, curl) = ("policy = \"tenant\"", "policy = \"curl\"");
    let with = |policy: &str, harden: &str| format!("{policy}\n[process]\nharden = {harden}");
    for (policy, ours, hardened) in [
        (tenant.to_owned(), &[][..], true),
        (tenant.to_owned(), &["--no-harden"], false),
        (curl.to_owned(), &[], false),
        (curl.to_owned(), &["--harden"], true),
        (with(tenant, "false"), &[], false),
        (with(tenant, "false"), &["--harden"], true),
        (with(curl, "true"), &[], true),
        (with(curl, "true"), &["--no-harden"], false),
    ] {
        let (threads, core) = observe(&policy, ours);
        // The one that transfers, the engine's clock and the one that hears signals at least.
        assert!(threads.len() >= 3, "{threads:?}");
        let as_wanted = if hardened { ["1", "2", "2"] } else { ["0", "0", "0"] };
        for thread in &threads {
            assert_eq!(thread, &as_wanted, "{policy} {ours:?}");
        }
        assert_eq!(core == "0 0", hardened, "{policy} {ours:?}: {core}");
    }
}

#[test]
fn the_operator_is_told_and_nobody_else() {
    if !is_there() {
        return;
    }
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let policy = opened(&origin);
    let url = origin.url("/");
    let told = |ours: &[&str]| {
        let ended = run(&policy, ours, &["-v", &url]);
        assert_eq!(ended.text(), "body");
        let lines = ended.stderr.lines().filter(|line| line.contains("hardened"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let lines = told(&[]);
    let port = origin.address().port();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in [
        "transferhost: hardened: ",
        "no new privileges",
        "no core dumps",
        "Landlock (ABI ",
        &format!("TCP but to ports {port} and 53"),
        "seccomp",
    ] {
        assert!(lines[0].contains(part), "{part}: {lines:?}");
    }
    assert_eq!(told(&["--no-harden"]), [""; 0]);
    assert_eq!(run(&policy, &[], &[&url]).stderr, "");
}

#[test]
fn flags_and_keys_that_are_wrong() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("p.toml");
    let refused = |text: &str, ours: &[&str]| {
        fs::write(&file, text).unwrap();
        let run = Transferhost::run().in_folder(folder.path()).args(ours);
        sentence(
            &run.args(["--policy-file", "p.toml", "--no-plugin", "http://127.0.0.1/"])
                .end(),
            2,
        )
    };
    let both = refused("", &["--harden", "--no-harden"]);
    assert!(both.contains("--harden") && both.contains("--no-harden"), "{both}");
    let valued = refused("", &["--harden=yes"]);
    assert!(valued.contains("--harden"), "{valued}");
    for (text, says) in [
        (
            "[process]\nhardn = true",
            "p.toml:2: unknown key `hardn` in [process]; did you mean `harden`?",
        ),
        (
            "[proces]\nharden = true",
            "p.toml:1: unknown key `proces`; did you mean `process`?",
        ),
        ("harden = true", "p.toml:1: unknown key `harden`"),
        ("[process]\nharden = 3", "p.toml:2: "),
        ("[process]\nharden = \"yes\"", "p.toml:2: "),
        ("process = true", "p.toml:1: "),
    ] {
        let said = refused(text, &[]);
        assert!(said.starts_with(says), "{text:?}: {said}");
    }
}

/// A file that somebody wants to be written in the output's place.
fn swapped(ours: &[&str], there: bool) -> (Ended, String) {
    let held = Held::new();
    let policy = opened(&held.origin);
    let (folder, outside) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (out, victim) = (folder.path().join("out"), outside.path().join("victim"));
    fs::write(&victim, "kept").unwrap();
    if there {
        fs::write(&out, "").unwrap();
    }
    let run = Transferhost::run()
        .args(policy.words())
        .args(ours)
        .arg("--no-plugin")
        .arg("-o");
    let running = run.arg(&out).arg(held.origin.url("/")).start();
    assert!(held.asked.wait(PATIENCE), "it was not dialled");
    if there {
        fs::remove_file(&out).unwrap();
    }
    symlink(&victim, &out).unwrap();
    held.go.fire();
    let ended = running.end();
    (ended, fs::read_to_string(&victim).unwrap())
}

#[test]
fn a_link_that_is_swapped_in_leads_nowhere() {
    if !is_there() {
        return;
    }
    for there in [true, false] {
        let (ended, victim) = swapped(&[], there);
        assert!(sentence(&ended, 23).contains("Permission denied"), "{}", ended.stderr);
        assert_eq!(victim, "kept");
        // The positive control: it does lead there.
        let (ended, victim) = swapped(&["--no-harden"], there);
        assert_eq!((ended.code(), victim.as_str()), (Some(0), "body"), "{}", ended.stderr);
    }
}
