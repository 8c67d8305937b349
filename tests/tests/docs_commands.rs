//! What the documentation shows is what happens.
//!
//! A `console` block with `<!-- run: exit N -->` before it is run: its lines that begin with `$ `, in a folder that holds
//! the example plugins, where `127.0.0.1:8080` is a server of the test's own. The last `transferhost` must end with N,
//! and the lines that are shown below the commands must be among those that were printed.
//!
//! Blocks that build on each other are a walk, see `kit/walk.rs`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::{root, shell};

#[path = "kit/guest_rustc.rs"]
mod guest_rustc;
#[path = "kit/walk.rs"]
mod walk;

const SERVER: &str = "127.0.0.1:8080";

struct Block {
    document: String,
    exit_code: i32,
    commands: Vec<String>,
    shown: Vec<String>,
}

/// README.md and what lies in docs.
fn documents() -> Vec<(String, String)> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|it| it.unwrap().path());
    let all = docs.chain([root().join("README.md")]);
    all.filter(|path| path.extension().is_some_and(|it| it == "md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn blocks(document: &str, text: &str) -> Vec<Block> {
    let marked = text.split("<!-- run: exit ").skip(1);
    marked
        .map(|rest| {
            let (code, rest) = rest
                .split_once(" -->\n```console\n")
                .expect("a console block follows its mark");
            let (block, _) = rest.split_once("\n```").expect("a block has an end");
            let (commands, shown): (Vec<_>, Vec<_>) = block.lines().partition(|line| line.starts_with("$ "));
            Block {
                document: document.to_owned(),
                exit_code: code.parse().expect("an exit code"),
                commands: commands.into_iter().map(|line| line[2..].to_owned()).collect(),
                shown: shown.into_iter().map(str::to_owned).collect(),
            }
        })
        .collect()
}

/// A folder that holds the example plugins by the names that the documentation has for them.
fn folder_of_plugins() -> TempDir {
    let folder = TempDir::new().unwrap();
    let built = guest("pass");
    for entry in fs::read_dir(built.parent().unwrap()).unwrap().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|it| it == "wasm") {
            // No link, which a batch follows nowhere out of the folder.
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    folder
}

fn check(block: &Block, origin: &Origin, folder: &Path) {
    let server = origin.address().to_string();
    // The shell's first argument is the binary.
    let mut script = format!(
        "cd '{}'\ntransferhost() {{ \"$program\" \"$@\"; }}\nprogram=$1\n",
        folder.display()
    );
    for command in &block.commands {
        script += &command.replace(SERVER, &server);
        // What `$?` is for the next line, and at the end.
        script += match command.starts_with("transferhost ") {
            true => "\ncode=$?\n(exit $code)\n",
            false => "\n",
        };
    }
    script += "exit $code\n";
    let ended = shell::start(&script, [""; 0]).end();
    let shown = block.commands.join("; ");
    assert_eq!(
        ended.code(),
        Some(block.exit_code),
        "{}: {shown}: {}",
        block.document,
        ended.stderr
    );
    let printed = (ended.text() + &ended.stderr).replace(&server, SERVER);
    for line in &block.shown {
        let found = printed.lines().any(|it| it == line);
        assert!(
            found,
            "{}: {shown} does not print {line:?} but:\n{printed}",
            block.document
        );
    }
}

#[test]
fn commands_end_as_they_are_shown_to() {
    let documents = documents();
    let origin = http::serve(|_| Response::ok("hello\n")).unwrap();
    let mut from_readme = 0;
    for (name, text) in &documents {
        for block in blocks(name, text) {
            from_readme += usize::from(name == "README.md");
            check(&block, &origin, folder_of_plugins().path());
        }
    }
    assert!(from_readme > 0, "README.md has lost its marks");
}

/// From nothing to a verdict, as its reader would type it. The walk in Go is taken by `go_new`.
#[test]
fn the_guide_leads_to_a_plugin_in_rust() {
    assert!(walk::take("rust", |guide| guide) > 3, "the guide has lost its marks");
}

#[test]
fn the_guide_has_no_command_that_is_not_run() {
    let guide = fs::read_to_string(root().join("docs/writing-plugins.md")).unwrap();
    let mut before = "";
    for line in guide.lines() {
        let marked = ["<!-- run: exit ", "<!-- walk rust: ", "<!-- walk go: "];
        assert!(
            !matches!(line, "```sh" | "```console") || marked.iter().any(|mark| before.starts_with(mark)),
            "a block of commands comes after {before:?}, which is no mark"
        );
        before = line;
    }
}

/// Tables of a policy file, of which those of a batch have their reference in batch.md.
const TABLES: [&str; 7] = ["limits", "network", "process", "quotas", "batch", "operator", "tenants"];

/// Every key that the host knows is in the reference, and what the reference shows is a policy.
#[test]
fn the_policy_reference_is_whole() {
    let text = fs::read_to_string(root().join("docs/policy.md")).unwrap();
    let (_, rest) = text.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("\n```").unwrap();
    let folder = TempDir::new().unwrap();
    let run = |policy: &str| {
        let path = folder.path().join("policy.toml");
        fs::write(&path, policy).unwrap();
        let run = Transferhost::run().arg("--policy-file").arg(path);
        run.args(["--no-plugin", "http://127.0.0.1:1/"]).end()
    };
    // Denied, so the file was read and it is the tenant policy.
    let ended = run(example);
    assert!(
        ended.code() == Some(7) && ended.stderr.contains("denied"),
        "{}",
        ended.stderr
    );
    for (section, prefix) in [
        ("", ""),
        ("policy = \"tenant\"\n[network]\n", "network."),
        ("[process]\n", "process."),
    ] {
        let told = run(&format!("{section}quite-another-thing = 1\n")).stderr;
        let (_, keys) = told
            .trim_end()
            .split_once("; it has ")
            .expect("the keys that there are");
        for key in keys.split(", ").filter(|key| !TABLES.contains(key)) {
            assert!(
                text.contains(&format!("| `{prefix}{key}` |")),
                "docs/policy.md has no {prefix}{key}"
            );
            assert!(example.contains(&format!("\n{key} = ")), "its example has no {key}");
        }
    }
}

/// The flags that README.md names are those that there are.
#[test]
fn the_readme_names_our_flags() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let help = Transferhost::run().arg("--help").end().text();
    // Behind them stand curl's.
    let (own, _) = help
        .split_once("Curl's options that are supported")
        .expect("curl's have a list");
    let flags = own
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--")?.split(' ').next());
    let flags: Vec<_> = flags.collect();
    assert!(flags.len() > 10, "{help}");
    for flag in flags {
        assert!(
            text.contains(&format!("`--{flag}")) || flag == "help",
            "README.md has no --{flag}"
        );
    }
}

#[test]
fn links_lead_to_files() {
    for (name, text) in documents() {
        let folder = if name == "README.md" {
            root()
        } else {
            root().join("docs")
        };
        // Code has brackets of its own.
        let prose: Vec<&str> = text.split("```").step_by(2).collect();
        let prose = prose.concat();
        for link in prose
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next())
        {
            let there = link.is_empty() || link.contains("://") || folder.join(link).exists();
            assert!(there, "{name}: {link}");
        }
    }
}

/// What these pages name as ours, `file::test`, is there.
#[test]
fn the_tests_that_pages_name_are_there() {
    tests_of("pycurl.md", 50);
    tests_of("threats.md", 20);
}

fn tests_of(page: &str, least: usize) {
    let page = fs::read_to_string(root().join("docs").join(page)).unwrap();
    let named: Vec<(&str, &str)> = page
        .split('`')
        .filter_map(|code| code.split_once("::").filter(|(file, _)| file.ends_with(".rs")))
        .collect();
    assert!(named.len() > least, "the page has lost its names: {}", named.len());
    for (file, test) in named {
        let source = fs::read_to_string(root().join("tests/tests").join(file)).unwrap_or_default();
        assert!(source.contains(&format!("fn {test}(")), "{file} has no test {test}");
    }
}

/// The bench is no test, so that its table can fall behind the script that writes it.
#[test]
fn the_table_of_languages_is_the_scripts() {
    let page = fs::read_to_string(root().join("docs/languages.md")).unwrap();
    let script = fs::read_to_string(root().join("scripts/bench-languages")).unwrap();
    let head = page
        .lines()
        .find(|line| line.starts_with("| language |"))
        .expect("it has a table");
    for cell in head.trim_matches('|').split('|') {
        assert!(script.contains(&format!("\"{}\"", cell.trim())), "{cell}");
    }
}
