//! `completions`, `man` and `--version`: one definition behind all of them.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use transferhost_tests::command::Transferhost;
use transferhost_tests::table::{Section, Table, code};
use transferhost_tests::{root, shell};

fn printed(words: &[&str]) -> String {
    let ended = Transferhost::new().args(words).end();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""), "{words:?}");
    ended.text()
}

/// Every long option in a help text: the words behind two hyphens that its lines begin with.
fn options() -> Vec<String> {
    let help = printed(&["run", "--help"]);
    let words = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line
            .split_once(", ")
            .filter(|(short, _)| short.len() == 2)
            .map_or(line, |(_, rest)| rest);
        line.strip_prefix("--")?.split([' ', '=', '<']).next()
    });
    words.map(str::to_owned).collect()
}

#[test]
fn every_option_is_in_the_manual_and_in_the_completions() {
    let options = options();
    assert!(
        options.len() > 100 && options.iter().any(|it| it == "location"),
        "{}",
        options.len()
    );
    let plain = |page: &str| page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "");
    let manual = plain(&printed(&["man", "run"]));
    let shells = ["bash", "zsh", "fish", "elvish", "powershell"].map(|shell| (shell, printed(&["completions", shell])));
    for option in &options {
        assert!(manual.contains(&format!("--{option}")), "{option} in the manual");
        for (shell, text) in &shells {
            // fish writes a long option without its hyphens.
            let written = if *shell == "fish" {
                format!("-l {option} ")
            } else {
                format!("--{option}")
            };
            assert!(text.contains(&written), "{option} for {shell}");
        }
    }
    assert!(printed(&["man"]).contains("transferhost"));
}

/// A page as it is read: roff's words for a hyphen and for fonts taken away.
fn page(words: &[&str]) -> String {
    let page = printed(words);
    let plain = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
    [("\\-", "-"), ("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\*(Aq", "'")]
        .iter()
        .fold(page, plain)
}

#[test]
fn a_page_has_what_manual_pages_have() {
    let run = page(&["man", "run"]);
    let sections: Vec<&str> = run.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    assert_eq!(
        sections,
        [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "\"CURL'S OPTIONS, AFTER THE PLUGIN\"",
            "EXAMPLES",
            "\"EXIT STATUS\"",
            "ENVIRONMENT",
            "FILES",
            "VERSION",
            "\"SEE ALSO\""
        ]
    );
    // The plugin stands between our options and curl's, and each of these is there once.
    assert!(
        run.contains("transferhost run [OPTIONS] PLUGIN [CURL'S OPTIONS] URL..."),
        "{run}"
    );
    assert_eq!(run.matches("--location-trusted").count(), 1);
    let version = printed(&["--version"]);
    let version = version.lines().next().unwrap().strip_prefix("transferhost ").unwrap();
    assert!(run.contains(version), "{version}");
    for name in ["policy-check", "inspect", "man"] {
        let page = page(&["man", name]);
        assert!(
            page.contains(&format!("transferhost-{name}")) && page.contains("EXIT STATUS"),
            "{page}"
        );
    }
    // Each page that there is can be completed.
    assert!(printed(&["completions", "bash"]).contains("run batch inspect policy policy-check wit"));
}

/// The page's codes are README.md's, in its words.
#[test]
fn the_exit_codes_are_the_readmes() {
    let run = page(&["man", "run"]);
    let (_, rest) = run.split_once(".SH \"EXIT STATUS\"\n").unwrap();
    let (rows, _) = rest.split_once(".SH ").unwrap();
    let rows: Vec<(&str, &str)> = rows
        .split(".TP\n")
        .filter_map(|row| row.trim().split_once('\n'))
        .collect();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, table) = readme.split_once("### Exit codes").unwrap();
    let table = Table::parse(table.split("\n### ").next().unwrap().split("\n## ").next().unwrap()).unwrap();
    let codes: Vec<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), codes);
    for ((code, about), row) in rows.iter().zip(&table.rows) {
        assert!(row[1].replace('`', "").starts_with(about), "{code}: {about}");
    }
}

#[test]
fn help_can_be_asked_for_by_either_name() {
    for name in ["run", "inspect", "policy"] {
        assert_eq!(printed(&["help", name]), printed(&[name, "--help"]));
    }
    assert_eq!(
        printed(&["help", "policy", "check"]),
        printed(&["policy", "check", "--help"])
    );
}

/// What is printed on a terminal, and what to anything else.
#[test]
fn colours_are_for_terminals() {
    let coloured = |text: &str| text.contains("\x1b[");
    for words in [&["--help"][..], &["run", "--help"], &["run"], &["--nonsense"]] {
        let ended = Transferhost::new().args(words).env("TERM", "xterm-256color").end();
        assert!(
            !coloured(&ended.text()) && !coloured(&ended.stderr),
            "{words:?}: {}",
            ended.stderr
        );
    }
    // `script` gives it a terminal.
    let on_terminal = |set: &str| {
        let line = format!(r#"TERM=xterm-256color {set} script -qec "$1 --help" /dev/null"#);
        shell::start(&line, [""; 0]).end().text()
    };
    assert!(coloured(&on_terminal("")), "{}", on_terminal(""));
    assert!(!coloured(&on_terminal("NO_COLOR=1")));
}

#[test]
fn a_reader_may_leave_early() {
    for words in ["help run", "man run", "completions bash"] {
        let line = format!(r#"(trap '' PIPE; "$1" {words}; echo "code $?" >&2) | :"#);
        let ended = shell::start(&line, [""; 0]).end();
        let said = ended.stderr.as_str();
        assert!(["code 23\n", "code 0\n"].contains(&said), "{words}: {said}");
    }
}

#[test]
fn bash_takes_its_completions() {
    let mut bash = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin
        .take()
        .unwrap()
        .write_all(printed(&["completions", "bash"]).as_bytes())
        .unwrap();
    let ended = bash.wait_with_output().unwrap();
    assert!(
        ended.status.success() && ended.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

#[test]
fn what_there_is_no_page_of_is_said() {
    let ended = Transferhost::new().args(["man", "fetch"]).end();
    assert_eq!(ended.code(), Some(2));
    assert!(
        ended
            .stderr
            .contains("no such subcommand, only run, batch, inspect, policy, policy-check"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_version_says_what_libcurl_can_do() {
    let version = printed(&["--version"]);
    let mut lines = version.lines();
    assert!(lines.next().is_some_and(|line| line.contains("libcurl ")), "{version}");
    assert!(
        lines
            .next()
            .is_some_and(|line| line.starts_with("Protocols: ") && line.contains("https")),
        "{version}"
    );
    assert!(
        lines
            .next()
            .is_some_and(|line| line.starts_with("Features: ") && line.contains("HTTP2")),
        "{version}"
    );
    assert_eq!(printed(&["-V"]).lines().count(), 1);
}

#[test]
fn the_guide_lists_what_the_help_lists() {
    let help = printed(&["run", "--help"]);
    let (_, curls) = help.split_once("Curl's options that are supported").unwrap();
    let mut table = Table::new(["option", "what it is for"]);
    for line in curls.lines() {
        // Names, then two blanks at least, then what they are for.
        let Some((names, about)) = line.trim().split_once("  ").filter(|(names, _)| names.contains("--")) else {
            continue;
        };
        let names = names.trim().split(", ").map(code).collect::<Vec<_>>().join(", ");
        table.row([names, about.trim().replace('<', "&lt;")]);
    }
    let named = curls.lines().filter(|line| line.trim_start().starts_with('-')).count();
    assert_eq!(table.rows.len(), named, "each option has a row");
    if let Err(differs) = Section::of("curl.md", "options").settle(table) {
        panic!("{differs}");
    }
}
