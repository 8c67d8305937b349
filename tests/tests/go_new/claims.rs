//! What docs/writing-plugins.md says that is so in Go and in TinyGo: each claim a small plugin that is built and run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::running::Ended;

use super::gate::asked_for;
use super::table::{Becomes, CLAIMS, Claim};
use super::{made, make, new};

/// What is imported besides, as the guide says: in the world, and what is used of the packages below it.
const IMPORTS: [(&str, &str); 2] = [
    (
        "wasi:clocks/monotonic-clock",
        "package wasi:clocks@0.2.0 { interface monotonic-clock { now: func() -> u64; } }",
    ),
    (
        "wasi:random/random",
        "package wasi:random@0.2.0 { interface random { get-random-u64: func() -> u64; } }",
    ),
];

#[test]
fn claims_of_go_are_so() {
    check("go", |claim| claim.go);
}

#[test]
fn claims_of_tinygo_are_so() {
    check("tinygo", |claim| claim.tinygo);
}

fn check(language: &str, becomes: impl Fn(&Claim) -> Becomes) {
    if !asked_for(&format!("what the guide says of {language}")) {
        return;
    }
    let folder = TempDir::new().unwrap();
    new(&folder, "claims", language, "start,write");
    let project = folder.path().join("claims");
    import(&project);
    // More than a chunk.
    fs::write(project.join("body"), "a".repeat(40_000)).unwrap();
    let build = |claims: &[&Claim]| {
        fs::write(project.join("plugin.go"), source(claims)).unwrap();
        made(&project, "plugin.wasm")
    };
    let mut otherwise = Vec::new();
    let mut built = Vec::new();
    for claim in CLAIMS {
        match becomes(claim) {
            Becomes::Refused(words) => match build(&[claim]) {
                Err(said) if said.contains(words) => (),
                it => otherwise.push(format!("{language}: {}: {it:?}", claim.claim)),
            },
            _ => built.push(claim),
        }
    }
    // The rest is one plugin: what takes long is to build one, and to compile it for this machine.
    build(&built).unwrap();
    for (number, claim) in built.iter().enumerate() {
        if let Some(it) = ends_otherwise(&project, number, becomes(claim)) {
            otherwise.push(format!("{language}: {}: {it}", claim.claim));
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

/// What it did, where that is not what the guide says.
fn ends_otherwise(project: &Path, number: usize, becomes: Becomes) -> Option<String> {
    let ended = run(project, number);
    let stderr = &ended.stderr;
    let aborted = |words: &str| ended.code() == Some(23) && stderr.contains(&format!("aborted: \"{words}\"\n"));
    let well = match becomes {
        Becomes::Says(words) => aborted(words),
        Becomes::Anew(anew) => stderr.contains("aborted: ") && anew == (*stderr != run(project, number).stderr),
        // `-v` itself prints lines of libcurl's.
        Becomes::Silent => ended.code() == Some(0) && ended.stdout.len() == 40_000 && !stderr.contains("words"),
        Becomes::Ends(code, words) => {
            ended.code() == Some(code) && stderr.contains(words) && !stderr.contains("own words")
        }
        Becomes::Refused(_) => false,
    };
    (!well).then(|| format!("{:?}: {stderr}", ended.code()))
}

fn run(project: &Path, number: usize) -> Ended {
    let body = format!("file://{}/body", project.display());
    Transferhost::run()
        // A busy machine is not what is tried here.
        .args(["--call-time", "5s", "--limit", "instantiate-time=30s"])
        .args(["--set", &format!("claim={number}")])
        .args(["--set", &format!("long={}", "0123456789".repeat(500))])
        .arg(project.join("plugin.wasm"))
        .args(["-v", &body])
        .end()
}

fn import(project: &Path) {
    let world = project.join("wit/world.wit");
    let mut text = fs::read_to_string(&world).unwrap();
    let first = "    include transferhost:callbacks/imports@0.1.0;\n";
    assert!(text.contains(first), "{text}");
    for (name, package) in IMPORTS {
        text = text.replace(first, &format!("{first}    import {name}@0.2.0;\n")) + package + "\n";
    }
    fs::write(&world, text).unwrap();
    make(project, "bindings");
}

/// A plugin with these claims, of which `--set claim=` chooses one by its number. `said` is the text of the abort with
/// which it ends.
fn source(claims: &[&Claim]) -> String {
    let imports: BTreeSet<&str> = claims.iter().flat_map(|it| it.imports.lines()).collect();
    let imports: Vec<&str> = imports.into_iter().collect();
    let cases = |of: fn(&Claim) -> &str| -> String {
        let cases = claims.iter().enumerate();
        cases
            .map(|(number, claim)| format!("\tcase \"{number}\":\n\t\t{}\n", of(claim)))
            .collect()
    };
    FRAME
        .replace("IMPORTS", &imports.join("\n\t"))
        .replace("STARTS", &cases(|it| it.start))
        .replace("WRITES", &cases(|it| it.write))
}

const FRAME: &str = r#"package plugin

import (
	request "example/claims/bindings/imports/transferhost_callbacks_request"
	write "example/claims/bindings/imports/transferhost_callbacks_write"
	store "example/claims/bindings/imports/wasi_config_store"
	"go.bytecodealliance.org/pkg/wit/types"
	IMPORTS
)

var (
	calls int
	moved bool
)

func claim() string {
	given := store.Get("claim")
	text, _ := given.Ok().Get()
	return text
}

func OnStart(request *request.Request) types.Result[types.Unit, string] {
	switch claim() {
STARTS	}
	return types.Ok[types.Unit, string](types.Unit{})
}

func OnWrite(chunk []byte) types.Result[write.Action, string] {
	said := ""
	switch claim() {
WRITES	}
	return types.Err[write.Action](said)
}

func deliver() types.Result[write.Action, string] {
	return types.Ok[write.Action, string](write.MakeActionDeliver())
}

func caught() (said string) {
	defer func() {
		if recover() != nil {
			said = "recovered"
		}
	}()
	panic("caught")
}

//go:noinline
func inner(chunk []byte) string {
	panic("own words")
}
"#;
