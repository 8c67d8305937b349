//! `read` that pauses: nothing is lost, nothing spins, and there is an end to it.

use transferhost_tests::command::Transferhost;
use transferhost_tests::http::{self, Response};
use transferhost_tests::{outcome, shell};

use super::scripted::{ALL, Scripted};

/// Pauses before each piece of the body, for so many milliseconds.
fn pausing(body: &[u8], milliseconds: u32) -> Scripted {
    let every_other = format!(
        "(if (result i32) (i32.and (global.get $calls) (i32.const 1))
          (then (call $pause (i32.const {milliseconds}))) (else {ALL}))"
    );
    Scripted::read(body, &every_other)
}

#[test]
fn nothing_is_lost_and_the_time_is_counted() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let body: Vec<u8> = (0..200).collect();
    for (milliseconds, seconds) in [(0, 0.001), (3, 0.003)] {
        for (ours, curls) in [
            (&[][..], &["-T", "-"][..]),
            (&["--upload-size", "200"], &["-T", "-"]),
            (&[], &["-d", "a"]),
        ] {
            let ended = Transferhost::run()
                .args(["--outcome", "-"])
                .args(ours)
                .arg(pausing(&body, milliseconds).path())
                .arg("-sS")
                .args(curls)
                .arg(origin.url("/x"))
                .end();
            let told = outcome::of(&ended);
            assert_eq!(ended.code(), Some(0), "{ours:?} {curls:?}: {}", ended.stderr);
            assert_eq!(origin.requests().pop().unwrap().body, body, "{ours:?} {curls:?}");
            // Fifty pieces of four bytes; the end is a call too where no size was announced.
            let calls = outcome::calls(&told, "read");
            assert!((100..=102).contains(&calls), "{told}");
            let paused = told["seconds"]["paused"].as_f64().unwrap();
            let expected = seconds * calls.div_ceil(2) as f64;
            assert!((paused - expected).abs() < 1e-6, "{paused} s, not {expected}: {told}");
            assert!(ended.elapsed.as_secs_f64() > paused, "{:?}", ended.elapsed);
        }
    }
}

#[test]
fn a_pause_does_not_spin() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let plugins = [pausing(b"1234", 1), pausing(b"1234", 750)];
    let cpu = |plugin: &Scripted| {
        let (path, url) = (plugin.path().to_string_lossy().into_owned(), origin.url("/x"));
        // `times` prints the shell's own two times, then its children's.
        let script = r#""$@"; code=$?; times >&2; exit $code"#;
        let ended = shell::start(script, ["run", "--upload-size", "4", &path, "-sS", "-T", "-", &url]).end();
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        (
            seconds_of(ended.stderr.lines().last().unwrap_or_default()),
            ended.elapsed,
        )
    };
    // The first run of each compiles.
    for plugin in &plugins {
        cpu(plugin);
    }
    let (idle, _) = cpu(&plugins[0]);
    let (paused, elapsed) = cpu(&plugins[1]);
    assert!(elapsed.as_millis() >= 750, "it took {elapsed:?}");
    assert!(
        paused - idle < 0.3,
        "{paused} s of CPU with a pause of 0.75 s, {idle} s without"
    );
}

/// The sum of `0m0.123s 0m0.045s`.
fn seconds_of(line: &str) -> f64 {
    let seconds = |word: &str| {
        let (minutes, seconds) = word.trim_end_matches('s').split_once('m')?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
    };
    let both: Option<Vec<f64>> = line.split_whitespace().map(seconds).collect();
    both.unwrap_or_else(|| panic!("not a line of `times`: {line:?}"))
        .iter()
        .sum()
}

#[test]
fn there_is_an_end_to_it() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let for_ever = |milliseconds: u32| Scripted::read(b"", &format!("(call $pause (i32.const {milliseconds}))"));
    for (plugin, ours, curls, cause) in [
        (
            for_ever(1),
            &["--limit", "pause=100ms"][..],
            &[][..],
            Some("pause-budget"),
        ),
        (
            for_ever(1_000_000),
            &["--limit", "pause=100ms"],
            &[],
            Some("pause-budget"),
        ),
        // curl's own time goes on meanwhile.
        (for_ever(1_000_000), &[], &["-m", "0.3"], None),
    ] {
        let ended = Transferhost::run()
            .args(["--outcome", "-"])
            .args(ours)
            .arg(plugin.path())
            .args(["-sS", "-T", "-"])
            .args(curls)
            .arg(origin.url("/x"))
            .end();
        let told = outcome::of(&ended);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(28), (28, cause)),
            "{}",
            ended.stderr
        );
        if cause.is_some() {
            assert_eq!(
                (&told["abort"]["callback"], &told["abort"]["limit"]),
                (&"read".into(), &100.into()),
                "{told}"
            );
        }
    }
}
