//! A walk: blocks of `docs/writing-plugins.md` that a reader takes one after the other, in one folder.
//!
//! - `<!-- walk NAME: write FILE -->` before a block: it is the whole of that file.
//! - `<!-- walk NAME: run -->` before a `sh` or `console` block: its lines, in a `console` those that begin with `$ `, are
//!   typed into a shell, in the folder where the block before ended. All must succeed; with `run, exit N` the last one
//!   ends with N. The lines that a `console` shows below its commands must be among those that were printed, in that
//!   order.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use transferhost_tests::http::{self, Response};
use transferhost_tests::{command, root, target_dir};

use crate::guest_rustc::for_guests;

/// What the guide fetches: a server of the test's own stands for it.
const SITE: &str = "https://example.com/";

/// What a command ends with that should have succeeded.
const UNWELL: i32 = 99;

enum Step {
    Write {
        file: String,
        text: String,
    },
    Run {
        typed: Vec<String>,
        shown: Vec<String>,
        code: i32,
    },
}

fn steps(guide: &str, walk: &str) -> Vec<Step> {
    let mark = format!("<!-- walk {walk}: ");
    let marked = guide.split(&mark).skip(1).map(|rest| {
        let (what, rest) = rest.split_once(" -->\n```").expect("a block follows its mark");
        let (language, rest) = rest.split_once('\n').expect("a block has lines");
        let (text, _) = rest.split_once("\n```").expect("a block has an end");
        if let Some(file) = what.strip_prefix("write ") {
            return Step::Write {
                file: file.to_owned(),
                text: format!("{text}\n"),
            };
        }
        let code = match what.strip_prefix("run, exit ") {
            Some(code) => code.parse().expect("an exit code"),
            None => {
                assert_eq!(what, "run", "a walk knows no other");
                0
            }
        };
        let (typed, shown): (Vec<_>, Vec<_>) = match language {
            "sh" => (text.lines().map(str::to_owned).collect(), Vec::new()),
            "console" => text.lines().map(str::to_owned).partition(|line| line.starts_with("$ ")),
            other => panic!("{other} is not run"),
        };
        let typed = typed
            .iter()
            .map(|line| line.strip_prefix("$ ").unwrap_or(line).to_owned());
        Step::Run {
            typed: typed.collect(),
            shown,
            code,
        }
    });
    marked.collect()
}

/// A folder for PATH: the binary under test, and a `rustup` that has no network to go to, since the target is there.
fn programs() -> TempDir {
    let folder = TempDir::new().unwrap();
    symlink(command::binary(), folder.path().join("transferhost")).unwrap();
    let rustup = folder.path().join("rustup");
    fs::write(&rustup, "#!/bin/sh\n[ \"$*\" = 'target add wasm32-wasip2' ]\n").unwrap();
    fs::set_permissions(&rustup, PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

/// Takes the walk of this name, in the guide as `read` gives it; how many blocks it has.
pub(crate) fn take(walk: &str, read: impl Fn(String) -> String) -> usize {
    let guide = read(fs::read_to_string(root().join("docs/writing-plugins.md")).unwrap());
    let origin = http::serve(|_| Response::ok("x".repeat(1256))).unwrap();
    let server = format!("http://{}/", origin.address());
    let programs = programs();
    let folder = TempDir::new().unwrap();
    let place = programs.path().join("place");
    fs::write(&place, folder.path().as_os_str().as_encoded_bytes()).unwrap();
    let steps = steps(&guide, walk);
    for step in &steps {
        let here = PathBuf::from(fs::read_to_string(&place).unwrap().trim_end());
        match step {
            Step::Write { file, text } => fs::write(here.join(file), text).unwrap(),
            Step::Run { typed, shown, code } => {
                let script = script(typed).replace(SITE, &server);
                let path = std::env::var("PATH").unwrap_or_default();
                let ended = for_guests(&mut Command::new("timeout"))
                    .args(["600", "sh", "-c", &script, "sh"])
                    .arg(&place)
                    .current_dir(here)
                    .env("PATH", format!("{}:{path}", programs.path().display()))
                    .env("XDG_CACHE_HOME", target_dir().join("tests-home/cache"))
                    // Dependencies are built once for all tests; what cargo builds for its user lies in the project.
                    .env("CARGO_BUILD_BUILD_DIR", target_dir().join("tests-new"))
                    // A project in Go has all that it needs.
                    .env("GOPROXY", "off")
                    .env_remove("GOFLAGS")
                    .stdin(Stdio::null())
                    .output()
                    .expect("timeout and sh are there");
                let printed = String::from_utf8_lossy(&ended.stdout).replace(&server, SITE);
                let typed = typed.join("; ");
                assert_eq!(ended.status.code(), Some(*code), "{walk}: {typed}:\n{printed}");
                // cargo's word for a key of the manifest that it does not know, and the compiler's for code that is not used.
                assert!(!printed.contains("warning: unused"), "{walk}: {typed}:\n{printed}");
                let mut lines = printed.lines();
                for line in shown {
                    assert!(
                        lines.any(|it| it == line),
                        "{walk}: {typed} does not print, in this order, {line:?} but:\n{printed}"
                    );
                }
            }
        }
    }
    steps.len()
}

/// Ends as the last line does, where those before it succeed; the first argument is where the folder is written down in
/// which it ends.
fn script(typed: &[String]) -> String {
    let (last, before) = typed.split_last().expect("a block has commands");
    let mut script = "exec 2>&1\n".to_owned();
    for line in before {
        script += &format!("{line}\n[ $? = 0 ] || exit {UNWELL}\n");
    }
    script + &format!("{last}\ncode=$?\npwd > \"$1\"\nexit $code\n")
}
