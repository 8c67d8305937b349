//! curl's options with values that say nothing, or that contradict each other: one sentence that names the option, exit
//! code 2, and nothing is dialled.

use std::path::Path;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::running::Ended;
use transferhost_tests::table::{Section, Table, code};

#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

/// How a run without a plugin ended, of these words and this origin's URL.
fn ended(words: &[&str], origin: &Origin, folder: &Path) -> Ended {
    let run = Transferhost::run().arg("--no-plugin").args(words);
    run.arg(origin.url("/")).in_folder(folder).end()
}

/// What is said of these words, with a URL behind them that must not be dialled.
fn refused(words: &[&str]) -> String {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let folder = TempDir::new().unwrap();
    let ended = ended(words, &origin, folder.path());
    let said = sentence(&ended, 2);
    assert_eq!((origin.accepted(), ended.text().as_str()), (0, ""), "{words:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{words:?}");
    said
}

#[test]
fn values_that_say_nothing() {
    for (flag, bad) in [
        ("-r", &["", "a", "1-b", "-", "1-2,"][..]),
        ("-z", &["", "yesterdayish", "-missing"]),
        ("--request-target", &["", "/a\r\nb"]),
        ("-A", &["a\r\nX: y"]),
        ("-e", &["a\nb"]),
        ("--oauth2-bearer", &["", "a\nb"]),
        ("-x", &["a\nb"]),
        ("--socks5-hostname", &[""]),
        ("-U", &["", "name"]),
        ("--resolve", &["", "a", "a:80", "a:x:127.0.0.1", ":80:127.0.0.1"]),
        ("--connect-to", &["", "a:80", "a:80:b", "a:80:b:x"]),
        ("--interface", &[""]),
        ("--proto", &["", "=", "-all", "=htp"]),
        ("--proto-redir", &["=htp", "-all"]),
        ("--proto-default", &["", "htp"]),
        ("--keepalive-time", &["", "0", "-1", "x"]),
        ("--happy-eyeballs-timeout-ms", &["", "-1", "x"]),
        ("-C", &["", "x", "-1"]),
        ("--output-dir", &[""]),
        ("--etag-save", &[""]),
        ("--etag-compare", &[""]),
        ("--stderr", &[""]),
        ("--trace-ascii", &["", "no/such/folder"]),
        ("--retry", &["", "x", "-1"]),
        ("--retry-delay", &["", "x", "-1"]),
        ("--retry-max-time", &["", "soon"]),
        ("--limit-rate", &["", "x", "1q", "-1"]),
        ("--max-filesize", &["", "x", "1.5", "-1"]),
        ("-Y", &["", "x", "-1"]),
        ("-y", &["", "0", "x"]),
        ("-b", &["a=b\nc"]),
        ("-c", &[""]),
        ("--netrc-file", &["", "missing"]),
        ("--cert", &["", "missing", "missing:password"]),
        ("--key", &["", "missing"]),
        ("--capath", &["", "missing"]),
        ("--pinnedpubkey", &["", "missing", "sha256//abc"]),
        ("--tls-max", &["", "1.4", "2"]),
    ] {
        for value in bad {
            let said = refused(&[flag, value]);
            assert!(said.contains(flag), "{flag} {value:?}: {said}");
        }
    }
}

#[test]
fn contradictions() {
    for (words, says) in [
        (&["-I", "-d", "a"][..], "-d and -I"),
        (&["-I", "-T", "a"], "-T and -I"),
        (&["--json", "a", "-T", "a"], "-d and -T"),
        (&["-r", "0-1", "-C", "7"], "-r and -C"),
        (&["-J", "-i", "-O"], "-J and -i"),
        (&["-C", "-", "--no-clobber", "-o", "x"], "-C and --no-clobber"),
        (&["-C", "-", "--remove-on-error", "-o", "x"], "-C and --remove-on-error"),
        (&["-C", "7", "-d", "x"], "-C and what is posted"),
        (&["-O", "-o", "x"], "2 outputs are named for 1 URL"),
        (&["-F", "a=b", "-F", "=)"], "=) ends a part of parts"),
        (&["-F", "a=(;filename=b"], "neither filename= nor encoder="),
        (&["--help"], "`transferhost run --help`"),
        (&["-h"], "`transferhost run --help`"),
        (&["-V"], "`transferhost --version`"),
        (&["--tlsv1.3", "--tls-max", "1.2"], "--tls-max"),
    ] {
        let said = refused(words);
        assert!(said.contains(says), "{words:?}: {said}");
    }
}

/// The code that each option's missing file ends in, over HTTP.
#[test]
fn files_that_are_not_there_are_in_the_guide() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let mut table = Table::new(["option", "exit code", "begun"]);
    for (flags, value) in [
        (
            &["-T", "-F", "-d", "--data-binary", "--data-urlencode", "--json"][..],
            "missing",
        ),
        (&["-H", "-w", "--url-query"], "missing"),
        (
            &[
                "--cert",
                "--key",
                "--pubkey",
                "--capath",
                "--netrc-file",
                "--pinnedpubkey",
            ],
            "missing",
        ),
        (&["--cacert", "--knownhosts", "-b", "--etag-compare"], "missing"),
        (&["-o", "-D"], "no/folder"),
        (&["--trace-ascii", "--stderr"], "no/folder"),
        (&["-c"], "no/folder"),
    ] {
        let mut ends = Vec::new();
        for flag in flags {
            let value = match *flag {
                "-F" => "a=@missing",
                "--data-urlencode" | "--url-query" => "a@missing",
                "-d" | "--data-binary" | "--json" | "-H" | "-w" => "@missing",
                _ => value,
            };
            let before = origin.accepted();
            let folder = TempDir::new().unwrap();
            let ended = Transferhost::run()
                .args(["--no-plugin", "-sS", flag, value, &origin.url("/")])
                .in_folder(folder.path())
                .end();
            if ended.code() != Some(0) {
                assert!(
                    sentence(&ended, ended.code().unwrap()).contains(
                        value
                            .trim_start_matches("a=")
                            .trim_start_matches("a@")
                            .trim_start_matches('@')
                    ),
                    "{flag}: {}",
                    ended.stderr
                );
            }
            ends.push((ended.code().unwrap(), origin.accepted() > before));
        }
        ends.dedup();
        let [(ended, begun)] = ends[..] else {
            panic!("{flags:?} end in {ends:?}");
        };
        let flags: Vec<String> = flags.iter().map(|flag| code(flag)).collect();
        let begun = if begun { "yes" } else { "no" };
        table.row([flags.join(", "), ended.to_string(), begun.to_owned()]);
    }
    if let Err(differs) = Section::of("curl.md", "missing files").settle(table) {
        panic!("{differs}");
    }
}

/// curl's manual calls a jar that cannot be written "possibly lethal", and libcurl speaks of it under -v alone.
#[test]
fn a_jar_that_cannot_be_written_is_warned_of() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let folder = TempDir::new().unwrap();
    let of = |words: &[&str]| {
        let ended = ended(words, &origin, folder.path());
        assert_eq!(ended.code(), Some(0), "{words:?}: {}", ended.stderr);
        ended.stderr
    };
    let warned = of(&["-c", "no/folder"]);
    assert!(
        warned.starts_with("transferhost: warning: -c no/folder: No such file"),
        "{warned}"
    );
    assert_eq!(of(&["-s", "-c", "no/folder"]), "");
    for jar in ["jar", "jar", "-", "/dev/null"] {
        assert_eq!(of(&["-c", jar]), "", "{jar}");
    }
}

#[test]
fn a_size_that_nobody_sends_is_refused() {
    let pass = guest("pass");
    let pass = pass.to_string_lossy();
    let reads = guest("upload-generator");
    let reads = reads.to_string_lossy();
    for (words, says) in [
        (&["--no-plugin"][..], "there is no plugin"),
        (&[&*pass], "pass.wasm does not export `read`"),
        (&["--without", "read", &*reads], "--without read"),
    ] {
        let origin = Origin::forbidden(Listen::default()).unwrap();
        let ended = Transferhost::run()
            .args(["--upload-size", "5"])
            .args(words)
            .args(["-T", "-", &origin.url("/")])
            .end();
        let said = sentence(&ended, 2);
        assert!(said.contains("--upload-size") && said.contains(says), "{said}");
    }
}
