//! `transferhost new` and `transferhost componentize`: from an empty folder to a plugin, and what is no plugin.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use transferhost::Callback;
use transferhost_tests::command::{self, Transferhost};
use transferhost_tests::guests::guest;
use transferhost_tests::target_dir;

#[path = "kit/decided.rs"]
mod decided;
#[path = "kit/guest_rustc.rs"]
mod guest_rustc;
#[path = "kit/sentence.rs"]
mod sentence;
#[path = "kit/subsets.rs"]
mod subsets;

use decided::decides_just;
use guest_rustc::for_guests;
use sentence::sentence;
use subsets::random_subsets;

/// `make test` in a project: what it needs of the environment is the compiler and cargo's own folders.
fn make_test(project: &Path) {
    let made = make(project);
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(
        made.status.success() && said.contains(": ok"),
        "{said}\n{}",
        String::from_utf8_lossy(&made.stderr)
    );
}

fn make(project: &Path) -> Output {
    for_guests(&mut Command::new("make"))
        .arg("-C")
        .arg(project)
        .arg("test")
        .arg(format!("TRANSFERHOST={}", command::binary().display()))
        // One folder for all: only the first builds the dependencies. So two projects must not have one name.
        .arg(format!("TARGET={}", target_dir().join("tests-new").display()))
        .stdin(Stdio::null())
        .output()
        .expect("make is there")
}

/// `new` needs the compiler in PATH, which the tests' clean environment leaves out.
fn new(folder: &TempDir, arguments: &[&str]) -> Transferhost {
    let path = std::env::var("PATH").unwrap_or_default();
    let home = std::env::var("HOME").unwrap_or_default();
    let rustc = guest_rustc::path();
    Transferhost::new()
        .env("RUSTC", rustc)
        .env("PATH", path)
        .env("HOME", home)
        .in_folder(folder.path())
        .arg("new")
        .args(arguments)
}

#[test]
fn projects_in_rust_build_run_and_pass_their_test() {
    let all = Callback::ALL.map(Callback::name).join(",");
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
        decides_just(&project, callbacks, "rust");
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
    assert_eq!(names(folder.path()), ["there"]);
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    let mut names: Vec<String> = names.map(|it| it.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A folder of programs of these names, each of which says this.
fn programs(said: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, said) in said {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\necho '{said}'\n")).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    folder
}

#[test]
fn what_cannot_build_is_no_beginning() {
    let go = ("go", "go1.26.1");
    let cargo = ("cargo", "cargo 1.95");
    let rustc = ("rustc", "/nowhere/lib");
    for (language, there, says) in [
        ("go", &[("go", "go1.19"), ("make", "")][..], "go1.19 is too old"),
        ("go", &[go], "make is not in PATH"),
        ("tinygo", &[go], "tinygo is not in PATH"),
        ("tinygo", &[go, ("tinygo", "")], "binaryen"),
        ("rust", &[cargo, rustc], "rustup target add wasm32-wasip2"),
    ] {
        let folder = TempDir::new().unwrap();
        let programs = programs(there);
        let ended = new(&folder, &["p", "--lang", language, "--callback", "write"])
            .env("PATH", programs.path())
            .env("RUSTC", "rustc")
            .end();
        let said = sentence(&ended, 2);
        assert!(said.contains(says), "{language}: {said}");
        assert!(names(folder.path()).is_empty());
    }
}

/// What the sources that are made of it cannot bear.
#[test]
fn a_word_of_wits_is_no_name() {
    let folder = TempDir::new().unwrap();
    for name in ["world", "list", "stream"] {
        let said = sentence(&new(&folder, &[name, "--lang", "rust", "--callback", "write"]).end(), 2);
        assert!(said.contains(name) && said.contains("choose another"), "{said}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_folder_of_any_name_will_do() {
    let folder = TempDir::with_prefix("a b#c%20").unwrap();
    let ended = new(&folder, &["any-folder", "--lang", "rust", "--callback", "write"]).end();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    make_test(&folder.path().join("any-folder"));
}

#[test]
fn a_plugin_that_fails_does_not_pass_its_test() {
    let folder = TempDir::new().unwrap();
    let ended = new(&folder, &["that-fails", "--lang", "rust", "--callback", "done"]).end();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    let source = folder.path().join("that-fails/src/lib.rs");
    let text = fs::read_to_string(&source).unwrap();
    assert!(text.contains("        Ok(())\n"), "{text}");
    fs::write(
        &source,
        text.replace("        Ok(())\n", "        Err(String::new())\n"),
    )
    .unwrap();
    let made = make(&folder.path().join("that-fails"));
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(!made.status.success() && said.contains("(42) done"), "{said}");
}

#[test]
fn a_slash_at_the_end_makes_no_difference() {
    let folder = TempDir::new().unwrap();
    let words = ["my-guard/", "--lang", "rust", "--callback", "opensocket"];
    let ended = new(&folder, &words).end();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(names(folder.path()), ["my-guard"]);
    assert!(folder.path().join("my-guard/Cargo.toml").is_file());
    assert!(sentence(&new(&folder, &words).end(), 2).contains("is there already"));
}

#[test]
fn bindings_replace_bindings_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let world = folder.path().join("world.wit");
    fs::write(
        &world,
        "package a:b; interface i { f: func(); } world plugin { export i; }",
    )
    .unwrap();
    let bindings = |package: &str, output: &str| {
        let run = Transferhost::new().in_folder(folder.path()).arg("bindings");
        let run = run.args(["--wit", "world.wit", "--world", "plugin"]);
        run.args(["--package", package, "-o", output]).end()
    };
    for _ in 0..2 {
        let ended = bindings("example/p", "bindings/");
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
        assert_eq!(names(&folder.path().join("bindings")), ["exports", "main.go"]);
    }
    for package in ["", "a\"b", "a//b", "/a", "a b"] {
        let said = sentence(&bindings(package, "bindings"), 2);
        assert!(said.contains("no import path"), "{said}");
    }
    fs::write(folder.path().join("bindings/mine.go"), "package main").unwrap();
    let said = sentence(&bindings("example/p", "bindings"), 2);
    assert!(said.contains("mine.go"), "{said}");
    assert!(sentence(&bindings("example/p", "world.wit"), 2).contains("is a file"));
    assert!(folder.path().join("bindings/mine.go").is_file());
    assert_eq!(names(folder.path()), ["bindings", "world.wit"]);
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
    let junk = file("junk.wasm", b"\0asm\x01\0\0\0\xff\xff\xff");
    let unlisted = folder.path().join("unlisted.wasm");
    let exports = r#"(module (func) (export "a:b/i#f" (func 0)) (export "a:b/i#g" (func 0))
        (export "transferhost:callbacks/write@0.1.0#on-write" (func 0)))"#;
    fs::write(&unlisted, wat::parse_str(exports).unwrap()).unwrap();
    let missing = folder.path().join("missing.wasm");
    let output = file("plugin.wasm", b"what was there");
    let before = names(folder.path());
    for (core, world, says) in [
        (guest("pass"), "plugin", "a component already"),
        (garbage, "plugin", "not a core WebAssembly module"),
        (empty, "plugin", "not a core WebAssembly module"),
        (bare.clone(), "plugin", "a:b/i#f, a:b/i#g"),
        (bare, "other", "other"),
        (junk, "plugin", "junk.wasm"),
        (unlisted, "plugin", "which the world plugin does not list"),
        (missing, "plugin", "No such file"),
    ] {
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
        assert_eq!(fs::read(&output).unwrap(), b"what was there");
        assert_eq!(names(folder.path()), before);
    }
}
