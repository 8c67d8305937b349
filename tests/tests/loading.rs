//! Loading fails closed: what this host would not call, or not all of it, is an error before anything is dialled.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use transferhost::testing::{PROPOSAL_SAMPLES, proposals};
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, wat};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::running::Ended;
use transferhost_tests::table::{Section, Table, code};

#[path = "kit/loaders.rs"]
mod loaders;
#[path = "loading/processes.rs"]
mod processes;
#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

/// A text of the hostile plugins with some of it replaced, as a file of its own.
struct Made {
    path: PathBuf,
    _folder: TempDir,
}

impl Made {
    fn from(name: &str, changes: &[(&str, &str)]) -> Self {
        let mut text = fs::read_to_string(wat(name)).unwrap();
        for (from, to) in changes {
            assert!(text.contains(from), "{name}.wat has no {from}");
            text = text.replace(from, to);
        }
        Self::of("made.wat", text)
    }

    fn of(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        Self { path, _folder: folder }
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// The guest of `wrong-version.wat` under this name; it lets three bytes through and finishes.
fn finisher(export: &str) -> Made {
    Made::from(
        "wrong-version",
        &[
            ("transferhost:callbacks/write@0.2.0", export),
            (
                "(memory (export \"memory\") 2)",
                "(memory (export \"memory\") 2)\n(data (i32.const 16) \"\\00\\00\\00\\00\\02\\00\\00\\00\\03\\00\\00\\00\")",
            ),
            ("i32.const 0))", "i32.const 16))"),
        ],
    )
}

fn run(plugin: &Path, url: &str) -> Ended {
    Transferhost::run().arg(plugin).arg(url).end()
}

/// Runs and inspects a plugin that must not be loaded; both say the same, and nothing is dialled.
fn refused(plugin: &Path) -> String {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let said = sentence(&run(plugin, &origin.url("/")), 2);
    let inspected = Transferhost::new().arg("inspect").arg(plugin).end();
    assert_eq!(sentence(&inspected, 2), said);
    assert_eq!(origin.accepted(), 0);
    let name = plugin.file_name().unwrap().to_string_lossy();
    assert!(said.starts_with(&*name), "{said}");
    said
}

#[test]
fn what_no_host_can_use() {
    for (name, says) in [
        ("core-module", &["core module", "wasm32-wasip2"][..]),
        ("nothing-of-ours", &["no callback", "transferhost:callbacks@0.1.0"]),
        ("misspelt", &["opensockets", "did you mean `opensocket`?"]),
        ("wrong-version", &["write@0.2.0", "transferhost:callbacks@0.1.0"]),
        ("wrong-type", &["type", "transferhost:callbacks@0.1.0"]),
        ("unknown-import", &["telemetry", "transferhost:callbacks@0.1.0"]),
    ] {
        let said = refused(&wat(name));
        assert!(says.iter().all(|part| said.contains(part)), "{name}: {said}");
    }
}

#[test]
fn what_is_no_component() {
    let whole = fs::read(guest("pass")).unwrap();
    for (name, bytes, says) in [
        ("empty.wasm", &b""[..], "empty"),
        ("garbage.wasm", b"\x7fELF\x02\x01\x01\0", "not WebAssembly"),
        ("page.wasm", b"<!DOCTYPE html><title>404</title>", "not WebAssembly"),
        ("magic.wasm", b"\0asm", "cut short"),
        ("short.wasm", &whole[..whole.len() / 2], "not a valid component"),
        ("slip.wat", b"(component (export", "text is not valid"),
        ("core.wasm", b"\0asm\x01\0\0\0", "core module"),
    ] {
        let said = refused(Made::of(name, bytes).path());
        assert!(said.contains(says), "{name}: {said}");
    }
}

#[test]
fn a_newer_patch_of_an_interface_decides() {
    let origin = http::serve(|_| Response::ok("secret")).unwrap();
    for version in ["0.1.0", "0.1.7"] {
        let made = finisher(&format!("transferhost:callbacks/write@{version}"));
        let ended = run(made.path(), &origin.url("/"));
        let got = (ended.code(), ended.text(), ended.stderr);
        assert_eq!(got, (Some(0), "sec".to_owned(), String::new()), "{version}");
    }
}

#[test]
fn other_versions_and_packages_do_not() {
    for export in [
        "transferhost:callbacks/write@0.2.0",
        "transferhost:callbacks/write@1.1.0",
        "transferhost:callbacks/write@0.1.0-rc.1",
        "transferhost:callbacks/write@0.0.1",
        "transferhost:callback/write@0.1.0",
        "transferhost:callbacks/Write@0.1.0",
        "transferhost:callbacks/write",
        "callbacks:transferhost/write@0.1.0",
    ] {
        let said = refused(finisher(export).path());
        assert!(
            said.contains("transferhost:callbacks@0.1.0") || said.contains("not a valid"),
            "{said}"
        );
        assert!(!export.starts_with("transferhost:") || said.contains(export), "{said}");
    }
}

#[test]
fn imports_are_known_or_refused() {
    let telemetry = "telemetry@0.1.0\" (instance\n    (export \"report\" (func (param \"what\" string)))))";
    let import = |name: &str, what: &str| {
        let made = format!("{name}\" (instance\n    (export {what})))");
        let package = format!("transferhost:callbacks/{telemetry}");
        Made::from("unknown-import", &[(&package, &made)])
    };
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let known = import(
        "transferhost:callbacks/transfer@0.1.9",
        "\"url\" (func (result string))",
    );
    let ended = run(known.path(), &origin.url("/"));
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );
    for (name, what, says) in [
        (
            "transferhost:callbacks/transfer@0.2.0",
            "\"url\" (func (result string))",
            "transfer@0.2.0",
        ),
        (
            "transferhost:callbacks/transfer@0.1.0",
            "\"uri\" (func (result string))",
            "transfer",
        ),
        (
            "transferhost:callbacks/transfer@0.1.0",
            "\"url\" (func (result u32))",
            "transfer",
        ),
        (
            "wasi:nonsense/thing@0.2.0",
            "\"do\" (func)",
            "wasi:nonsense/thing@0.2.0",
        ),
        ("wasi:http/types@0.2.0", "\"do\" (func)", "wasi:http/types@0.2.0"),
        (
            "wasi:clocks/wall-clock@0.3.0",
            "\"do\" (func)",
            "wasi:clocks/wall-clock@0.3.0",
        ),
        ("mine:own/thing", "\"do\" (func)", "mine:own/thing"),
    ] {
        let said = refused(import(name, what).path());
        assert!(said.contains(says), "{name}: {said}");
    }
}

#[test]
fn instantiating_is_limited() {
    let trap = Made::from(
        "loop-instantiate",
        &[("(loop $again\n        br $again)", "unreachable")],
    );
    let said = refused(trap.path());
    assert!(said.contains("trap") && said.contains("unreachable"), "{said}");
    let memory = Made::from("loop-instantiate", &[("\"memory\") 2", "\"memory\") 65536")]);
    assert!(refused(memory.path()).contains("memory"));
    let origin = Origin::forbidden(Listen::default()).unwrap();
    for (limit, says) in [
        // The default of fuel, however long that takes a busy machine.
        ("instantiate-time=10min", "out-of-fuel"),
        ("instantiate-time=1ms", "deadline"),
        ("instantiate-fuel=1000", "out-of-fuel"),
    ] {
        let ended = Transferhost::run()
            .args(["--limit", limit])
            .arg(wat("loop-instantiate"))
            .arg(origin.url("/"))
            .end();
        assert!(sentence(&ended, 2).contains(says), "{}", ended.stderr);
    }
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn a_component_may_be_too_large() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let ended = Transferhost::run()
        .args(["--limit", "component-size=1000"])
        .arg(guest("pass"))
        .arg(origin.url("/"))
        .end();
    let said = sentence(&ended, 2);
    assert!(said.contains("1000") && said.contains("component-size"), "{said}");
    assert_eq!(origin.accepted(), 0);
}

/// A pipe has no size to be told beforehand, so what is read of it must be bounded.
#[test]
fn a_plugin_without_end_is_too_large_too() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pipe.wasm");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let running = Transferhost::run()
        .args(["--limit", "component-size=1000"])
        .arg(&path)
        .arg("http://127.0.0.1:1/")
        .patience(Duration::from_secs(10))
        .start();
    let mut pipe = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // More than fits into a pipe, and the pipe stays open: who reads to the end waits for ever.
    let writer = std::thread::spawn(move || {
        let _ = pipe.write_all(&[0; 1 << 20]);
        pipe
    });
    let said = sentence(&running.end(), 2);
    assert!(said.contains("component-size"), "{said}");
    drop(writer.join());
}

#[test]
fn names_are_shown_escaped() {
    let made = Made::of("a\u{1b}[31m\n.wasm", b"\0asm\x01\0\0\0");
    let said = sentence(&run(made.path(), "http://127.0.0.1:1/"), 2);
    assert!(said.starts_with("a\\u{1b}[31m\\n.wasm: "), "{said}");
}

/// A file is read by the list before it is compiled, whatever form it comes in, and the table is printed from that list.
#[test]
fn a_proposal_that_is_off_is_refused_by_its_name() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    for sample in PROPOSAL_SAMPLES {
        let binary = Made::of(&format!("{}.wasm", sample.name), ::wat::parse_str(sample.text).unwrap());
        let said = sentence(&run(binary.path(), &origin.url("/")), 2);
        assert!(said.contains(sample.said), "{}: {said}", sample.name);
    }
    // In a component of a component, which nothing makes an instance of.
    let inner = "(component (component (component (core module (type (struct))))))";
    assert!(refused(Made::of("inner.wat", inner).path()).contains("proposal gc,"));
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn the_documentation_has_every_proposal() {
    let mut table = Table::new(["proposal", "status", "why"]);
    for proposal in proposals() {
        let on = if proposal.on { "on" } else { "off" };
        table.row([code(proposal.name).as_str(), on, proposal.why]);
    }
    let settled = Section::of("writing-plugins.md", "proposals").settle(table);
    settled.unwrap_or_else(|difference| panic!("{difference}"));
}

/// What passes from one component to the other goes through adapters that wasmtime makes, with proposals of its choice.
#[test]
fn a_component_of_components_is_loaded() {
    let made = Made::of("composed.wat", include_str!("loading/composed.wat"));
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let ended = run(made.path(), &origin.url("/"));
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "gone round"),
        "{}",
        ended.stderr
    );
}

/// Each guest of the examples, as its compiler made it.
#[test]
fn what_compilers_write_is_on() {
    let folder = guest("pass").parent().unwrap().to_owned();
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let guests: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    assert!(guests.len() > 10, "{}: {guests:?}", folder.display());
    for guest in guests {
        let ended = Transferhost::new().arg("inspect").arg(&guest).end();
        assert_eq!(ended.code(), Some(0), "{}: {}", guest.display(), ended.stderr);
    }
}
