//! curl's options with values that say nothing, or that contradict each other: one sentence that names the option, exit
//! code 2, and nothing is dialled.

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

/// What is said of these words, with a URL behind them that must not be dialled.
fn refused(words: &[&str]) -> String {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let folder = TempDir::new().unwrap();
    let ended = Transferhost::run()
        .arg("--no-plugin")
        .args(words)
        .arg(origin.url("/"))
        .in_folder(folder.path())
        .end();
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
        (&["-C", "-", "-T", "x"], "-C -"),
        (&["-C", "7", "-d", "x"], "-C and what is posted"),
        (&["-O", "-o", "x"], "-o is given 2 times"),
        (&["--help"], "`transferhost run --help`"),
        (&["-h"], "`transferhost run --help`"),
        (&["-V"], "`transferhost --version`"),
        (&["--tlsv1.3", "--tls-max", "1.2"], "--tls-max"),
    ] {
        let said = refused(words);
        assert!(said.contains(says), "{words:?}: {said}");
    }
}
