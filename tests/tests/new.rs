//! `transferhost new` and `transferhost componentize`: from an empty folder to a plugin, and what is no plugin.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use transferhost::Callback;
use transferhost_tests::command::{self, Transferhost};
use transferhost_tests::guests::guest;
use transferhost_tests::target_dir;

#[path = "kit/guest_rustc.rs"]
mod guest_rustc;
#[path = "kit/sentence.rs"]
mod sentence;
#[path = "kit/subsets.rs"]
mod subsets;

use guest_rustc::for_guests;
use sentence::sentence;
use subsets::random_subsets;

/// `make test` in a project: what it needs of the environment is the compiler and cargo's own folders.
fn make_test(project: &Path) {
    let made = for_guests(&mut Command::new("make"))
        .arg("-C")
        .arg(project)
        .arg("test")
        .arg(format!("TRANSFERHOST={}", command::binary().display()))
        // One folder for all: only the first builds the dependencies.
        .arg(format!("TARGET={}", target_dir().join("tests-new").display()))
        .stdin(Stdio::null())
        .output()
        .expect("make is there");
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(
        made.status.success() && said.contains(": ok"),
        "{said}\n{}",
        String::from_utf8_lossy(&made.stderr)
    );
}

/// `new` needs the compiler in PATH, which the tests' clean environment leaves out.
fn new(folder: &TempDir, arguments: &[&str]) -> Transferhost {
    let path = std::env::var("PATH").unwrap_or_default();
    let home = std::env::var("HOME").unwrap_or_default();
    Transferhost::new()
        .env("PATH", path)
        .env("HOME", home)
        .in_folder(folder.path())
        .arg("new")
        .args(arguments)
}

#[test]
fn projects_in_rust_build_run_and_pass_their_test() {
    let all = Callback::EXPORTED.map(Callback::name).join(",");
    let random = random_subsets(4);
    let fixed = [
        ("every-callback", all.as_str()),
        ("body", "write,write-end"),
        ("guard", "opensocket"),
        ("a-mix", "done,header,start"),
    ];
    for (name, callbacks) in fixed.into_iter().chain(random.iter().map(|it| ("any", it.as_str()))) {
        let folder = TempDir::new().unwrap();
        let ended = new(&folder, &[name, "--lang", "rust", "--callback", callbacks]).end();
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""), "{callbacks}");
        let project = folder.path().join(name);
        make_test(&project);
        let inspected = Transferhost::new()
            .args(["inspect", "--json"])
            .arg(project.join("plugin.wasm"))
            .end()
            .text();
        for callback in Callback::EXPORTED.map(Callback::name) {
            let there = inspected.contains(&format!("\"name\":\"{callback}\""));
            let wanted = callbacks.split(',').any(|it| it == callback);
            assert_eq!(there, wanted, "{callbacks}: {callback}: {inspected}");
        }
    }
}

#[test]
fn what_is_no_beginning_writes_nothing() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("there")).unwrap();
    for (words, says) in [
        (
            &["p", "--lang", "rust", "--callback", "wrte"][..],
            "did you mean write?",
        ),
        (&["there", "--lang", "rust", "--callback", "write"], "is there already"),
        (
            &["Über Plan", "--lang", "rust", "--callback", "write"],
            "lower-case letters",
        ),
        (&["p", "--lang", "cobol", "--callback", "write"], "cobol"),
        (&["p", "--lang", "rust"], "--callback"),
    ] {
        let said = sentence(&new(&folder, words).end(), 2);
        assert!(said.contains(says), "{said}");
    }
    for (language, package) in [("rust", "Rust"), ("go", "Go"), ("tinygo", "tinygo")] {
        let without = new(&folder, &["p", "--lang", language, "--callback", "write"]).env("PATH", "/nowhere");
        let said = sentence(&without.end(), 2);
        assert!(said.contains("is not in PATH") && said.contains(package), "{said}");
    }
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    assert_eq!(left, ["there"]);
}

#[test]
fn what_is_no_core_module_makes_no_component() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let wit = file(
        "world.wit",
        b"package a:b; interface i { f: func(); g: func(); } world plugin { export i; }",
    );
    let garbage = file("garbage.wasm", b"not wasm");
    let empty = file("empty.wasm", b"");
    let bare = file("bare.wasm", b"\0asm\x01\0\0\0");
    let missing = folder.path().join("missing.wasm");
    for (core, world, says) in [
        (guest("pass"), "plugin", "a component already"),
        (garbage, "plugin", "not a core WebAssembly module"),
        (empty, "plugin", "not a core WebAssembly module"),
        (bare.clone(), "plugin", "a:b/i#f, a:b/i#g"),
        (bare, "other", "other"),
        (missing, "plugin", "No such file"),
    ] {
        let output = folder.path().join("plugin.wasm");
        let ended = Transferhost::new()
            .arg("componentize")
            .arg(&core)
            .arg("--wit")
            .arg(&wit)
            .args(["--world", world, "-o"])
            .arg(&output)
            .end();
        let said = sentence(&ended, 2);
        assert!(said.contains(says), "{said}");
        assert!(!output.exists());
    }
}
