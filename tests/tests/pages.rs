//! `completions`, `man` and `--version`: one definition behind all of them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use transferhost_tests::command::Transferhost;
use transferhost_tests::table::{Section, Table, code};

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
        ended.stderr.contains("no such subcommand") && ended.stderr.contains("inspect"),
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
