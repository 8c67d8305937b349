//! `transferhost new` for Go and TinyGo: from an empty folder to a plugin that passes its test. Run by
//! `scripts/test-go`, which puts the compilers into PATH.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use transferhost::Callback;
use transferhost_tests::command::{self, Transferhost};

#[path = "go_new/claims.rs"]
mod claims;
#[path = "kit/decided.rs"]
mod decided;
#[path = "go_guests/gate.rs"]
mod gate;
#[path = "kit/guest_rustc.rs"]
mod guest_rustc;
#[path = "kit/subsets.rs"]
mod subsets;
#[path = "go_new/table.rs"]
mod table;
#[path = "kit/walk.rs"]
mod walk;

use decided::decides_just;
use gate::asked_for;
use subsets::random_subsets;

const LANGUAGES: [&str; 2] = ["go", "tinygo"];

/// The caller's, for the compilers and their caches; the tests' environment leaves them out.
fn caller(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// A new project of this name in this folder.
fn new(folder: &TempDir, name: &str, language: &str, callbacks: &str) {
    let ended = Transferhost::new()
        .env("PATH", caller("PATH"))
        .env("HOME", caller("HOME"))
        .in_folder(folder.path())
        .args(["new", name, "--lang", language, "--callback", callbacks])
        .end();
    assert_eq!(
        (ended.code(), ended.stderr.as_str()),
        (Some(0), ""),
        "{language} {callbacks}"
    );
}

/// What make says, where it succeeds.
fn make(project: &Path, goal: &str) -> String {
    made(project, goal).unwrap_or_else(|said| panic!("make {goal}: {said}"))
}

/// What make says, well or not.
fn made(project: &Path, goal: &str) -> Result<String, String> {
    let made = Command::new("make")
        .arg("-C")
        .arg(project)
        .arg(goal)
        .arg(format!("TRANSFERHOST={}", command::binary().display()))
        // Nothing is fetched: what the project needs lies in it.
        .env("GOPROXY", "off")
        .env_remove("GOFLAGS")
        .stdin(Stdio::null())
        .output()
        .expect("make is there");
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    if made.status.success() {
        return Ok(said);
    }
    Err(format!("{said}\n{}", String::from_utf8_lossy(&made.stderr)))
}

#[test]
fn projects_build_run_and_pass_their_test() {
    if !asked_for("transferhost new") {
        return;
    }
    let all = Callback::ALL.map(Callback::name).join(",");
    let random = random_subsets(4);
    let fixed = [&all, "write,write-end", "done,header,opensocket"];
    for callbacks in fixed.into_iter().chain(random.iter().map(String::as_str)) {
        for language in LANGUAGES {
            let folder = TempDir::new().unwrap();
            new(&folder, "first-plugin", language, callbacks);
            let project = folder.path().join("first-plugin");
            let said = make(&project, "test");
            assert!(said.contains("first-plugin: ok"), "{language} {callbacks}: {said}");
            decides_just(&project, callbacks, language);
        }
    }
}

/// The guide, as its reader would type it; what it says of TinyGo goes for Go with the other word.
#[test]
fn the_guide_leads_to_a_plugin() {
    if !asked_for("docs/writing-plugins.md") {
        return;
    }
    for language in LANGUAGES {
        let lang = |guide: String| guide.replace("--lang tinygo", &format!("--lang {language}"));
        assert!(walk::take("go", lang) > 2, "the guide has lost its marks");
    }
}

/// A callback more in the world, `make bindings`, its function, and the plugin has it.
#[test]
fn a_changed_world_gets_its_bindings() {
    if !asked_for("transferhost bindings") {
        return;
    }
    for language in LANGUAGES {
        let folder = TempDir::new().unwrap();
        new(&folder, "first-plugin", language, "write");
        let project = folder.path().join("first-plugin");
        let world = project.join("wit/world.wit");
        let text = fs::read_to_string(&world).unwrap();
        let export = "    export transferhost:callbacks/write@0.1.0;\n";
        let more = format!("{export}    export transferhost:callbacks/write-end@0.1.0;\n");
        assert!(text.contains(export), "{text}");
        fs::write(&world, text.replace(export, &more)).unwrap();
        make(&project, "bindings");
        let source = project.join("plugin.go");
        let text = fs::read_to_string(&source).unwrap();
        let function =
            "\nfunc OnWriteEnd() types.Result[[]byte, string] {\n\treturn types.Err[[]byte](\"not today\")\n}\n";
        fs::write(&source, text + function).unwrap();
        make(&project, "plugin.wasm");
        let file = format!("file://{}", source.display());
        let ended = Transferhost::run()
            .arg(project.join("plugin.wasm"))
            .args(["-sS", &file])
            .end();
        assert_eq!(ended.code(), Some(23), "{language}: {}", ended.stderr);
        assert!(ended.stderr.contains("not today"), "{language}: {}", ended.stderr);
    }
}

/// Go has packages of its own by these names.
#[test]
fn a_name_that_go_has_taken_is_a_name() {
    if !asked_for("names of transferhost new") {
        return;
    }
    for (name, language) in [("plugin", "go"), ("sort", "tinygo")] {
        let folder = TempDir::new().unwrap();
        new(&folder, name, language, "write");
        make(&folder.path().join(name), "test");
    }
}
