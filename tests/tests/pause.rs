//! Pauses: what comes again is what was there, nothing spins meanwhile, and there is an end to them.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::nginx::Nginx;
use transferhost_tests::reference::Same;
use transferhost_tests::tls::Authority;
use transferhost_tests::{outcome, shell};

/// Two plugins that pause before each chunk and each header line, for so many milliseconds.
struct Pausing {
    _folder: TempDir,
    write: PathBuf,
    header: PathBuf,
}

impl Pausing {
    fn new(milliseconds: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let guest = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text.replace("@TIME@", &milliseconds.to_string())).unwrap();
            path
        };
        Self {
            write: guest("write.wat", include_str!("pause/write.wat")),
            header: guest("header.wat", include_str!("pause/header.wat")),
            _folder: folder,
        }
    }
}

/// Numbers, so that a byte that is lost, doubled or displaced is seen.
fn counted(bytes: usize) -> Vec<u8> {
    (0..bytes as u64 / 8).flat_map(u64::to_be_bytes).collect()
}

#[test]
fn each_chunk_comes_again_as_it_was() {
    let body = counted(400_000);
    let origin = http::serve({
        let body = body.clone();
        move |request| match request.path() {
            "/chunked" => Response::ok(body.clone()).chunked(777),
            "/gzip" => Response::ok(body.clone()).gzip(),
            _ => Response::ok(body.clone()),
        }
    })
    .unwrap();
    let pausing = Pausing::new(1);
    for path in ["/plain", "/chunked", "/gzip"] {
        let ended = Transferhost::run()
            .args(["--outcome", "-"])
            .arg(&pausing.write)
            .args(["-sS", "--compressed", &origin.url(path)])
            .end();
        let told = outcome::of(&ended);
        assert_eq!(ended.code(), Some(0), "{path}: {}", ended.stderr);
        assert!(ended.stdout == body, "{path}: other bytes came out");
        // Bytes that were handed out twice count once.
        assert_eq!(told["bytes"]["received"], 400_000, "{path}");
        assert_eq!(told["bytes"]["delivered"], 400_000, "{path}");
        let calls = outcome::calls(&told, "write");
        assert!(calls >= 2 * 400_000_u64.div_ceil(16_384), "{path}: {calls} calls");
        let paused = told["seconds"]["paused"].as_f64().unwrap();
        assert!(
            (paused - 0.001 * (calls / 2) as f64).abs() < 1e-6,
            "{path}: {paused} s in {calls} calls"
        );
    }
}

#[test]
fn over_http_2_as_well() {
    let authority = Authority::new().unwrap();
    let Some(nginx) = Nginx::start(&authority).unwrap() else {
        return;
    };
    let body = fs::read(nginx.counted_file("counted", 2_000_000).unwrap()).unwrap();
    let pausing = Pausing::new(1);
    for version in ["--http1.1", "--http2"] {
        for plugin in [&pausing.write, &pausing.header] {
            let ended = Transferhost::run()
                .arg(plugin)
                .args(["-sS", version, "--cacert"])
                .arg(authority.ca_file())
                .arg(nginx.https("/counted"))
                .end();
            assert_eq!(
                ended.code(),
                Some(0),
                "{version} {}: {}",
                plugin.display(),
                ended.stderr
            );
            assert!(
                ended.stdout == body,
                "{version} {}: other bytes came out",
                plugin.display()
            );
        }
        // What is shown has each line once, in its place.
        let same = Same::new(["-sSi", version, "--cacert"].map(String::from).into_iter().chain([
            authority.ca_file().to_string_lossy().into_owned(),
            nginx.https("/counted"),
        ]));
        let ended = Transferhost::run()
            .arg(&pausing.header)
            .args(["-sSi", version, "--cacert"])
            .arg(authority.ca_file())
            .arg(nginx.https("/counted"))
            .end();
        assert!(
            undated(&ended.stdout) == undated(&same.ours().stdout),
            "{version}: other headers or bytes came out"
        );
    }
    let log = nginx.access_log();
    assert!(log.contains("HTTP/2.0") && log.contains("HTTP/1.1"), "{log}");
}

#[test]
fn each_header_line_comes_again_as_it_was() {
    let origin = http::serve(|request| match request.path() {
        "/old" => Response::redirect(302, "/new").header("X-Hop", "one").body("not shown"),
        _ => {
            let response = Response::ok("body").header("X-Hop", "two").chunked(3);
            // An older libcurl than the bundled one (7.88.1 was seen) ends in 27 where a pause in the head meets
            // trailers that are there already.
            match cfg!(feature = "system-curl") {
                true => response,
                false => response.trailer("X-Sum", "end"),
            }
        }
    })
    .unwrap();
    let pausing = Pausing::new(1);
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .arg(&pausing.header)
        .args(["-sSiL", &origin.url("/old")])
        .end();
    let plain = Same::new(["-sSiL", &origin.url("/old")]).both();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.text(), plain.ours.text());
    assert_eq!(ended.text(), plain.curls.text());
    // A pause and an answer for each line, and never two lines in one call, which older versions of libcurl hand out
    // after a pause: one head of five lines, one of four, and where there is one the trailer.
    let lines = ended.text().matches("\r\n").count() as u64;
    let told = outcome::of(&ended);
    assert_eq!(outcome::calls(&told, "header"), 2 * lines, "{told}");
}

#[test]
fn a_pause_does_not_spin() {
    let origin = http::serve(|_| Response::ok(vec![b'p'; 1000])).unwrap();
    let (short, long) = (Pausing::new(1), Pausing::new(1500));
    for (short, long) in [(&short.write, &long.write), (&short.header, &long.header)] {
        let cpu = |plugin: &PathBuf, limit: &str| {
            let url = origin.url("/");
            let limit = format!("pause={limit}");
            let plugin = plugin.to_string_lossy().into_owned();
            // `times` prints the shell's own two times, then its children's.
            let script = r#""$@"; code=$?; times >&2; exit $code"#;
            let ended = shell::start(script, ["run", "--limit", &limit, &plugin, "-sS", &url]).end();
            (
                ended.code(),
                seconds_of(ended.stderr.lines().last().unwrap_or_default()),
                ended,
            )
        };
        // The first run compiles; the second is what a transfer costs by itself.
        cpu(long, "1ms");
        cpu(short, "1s");
        let (_, idle, _) = cpu(short, "1s");
        // Cut short by its budget, a header's many lines pause for no longer than a body's one chunk.
        let (code, paused, ended) = cpu(long, "1500ms");
        assert!(matches!(code, Some(0 | 28)), "{}", ended.stderr);
        assert!(
            ended.elapsed >= Duration::from_millis(1500),
            "it took {:?}",
            ended.elapsed
        );
        assert!(
            paused - idle < 0.3,
            "{paused} s of CPU with a pause of 1.5 s, {idle} s without"
        );
    }
}

/// The sum of `0m0.123s 0m0.045s`.
fn seconds_of(line: &str) -> f64 {
    let seconds = |word: &str| {
        let (minutes, seconds) = word.trim_end_matches('s').split_once('m')?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
    };
    let both: Option<Vec<f64>> = line.split_whitespace().map(seconds).collect();
    both.filter(|it| it.len() == 2)
        .unwrap_or_else(|| panic!("not a line of `times`: {line:?}"))
        .iter()
        .sum()
}

#[test]
fn the_budget_ends_it() {
    let origin = http::serve(|_| Response::ok("held back")).unwrap();
    for plugin in ["pause-for-ever", "pause-long"] {
        let ended = Transferhost::run()
            .args(["--limit", "pause=200ms", "--outcome", "-"])
            .arg(hostile(plugin))
            .args(["-sS", &origin.url("/")])
            .end();
        let told = outcome::of(&ended);
        assert_eq!(
            outcome::end(&told),
            (28, Some("pause-budget")),
            "{plugin}: {}",
            ended.stderr
        );
        assert_eq!((ended.code(), ended.text().as_str()), (Some(28), ""), "{plugin}");
        assert_eq!(told["abort"]["limit"], 200);
        assert_eq!(told["bytes"]["received"], 0, "what was never taken was not received");
        assert!(
            ended.elapsed >= Duration::from_millis(200),
            "{plugin}: {:?}",
            ended.elapsed
        );
        assert!(
            ended.stderr.contains("(28) ") && ended.stderr.contains("200 ms"),
            "{}",
            ended.stderr
        );
    }
    let ended = Transferhost::run()
        .args(["--limit", "pause=200ms", "--outcome", "-"])
        .arg(&Pausing::new(60_000).header)
        .args(["-sS", &origin.url("/")])
        .end();
    assert_eq!(
        outcome::end(&outcome::of(&ended)),
        (28, Some("pause-budget")),
        "{}",
        ended.stderr
    );
}

#[test]
fn curls_own_time_goes_on_in_a_pause() {
    let origin = http::serve(|_| Response::ok("held back")).unwrap();
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .arg(&Pausing::new(60_000).write)
        .args(["-sS", "-m", "0.3", &origin.url("/")])
        .end();
    let told = outcome::of(&ended);
    assert_eq!(outcome::end(&told), (28, None), "{}", ended.stderr);
    assert!(
        told["seconds"]["paused"].as_f64().unwrap() < 30.0,
        "more than the transfer itself took: {told}"
    );
}

#[test]
fn a_file_cannot_be_paused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "content").unwrap();
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .arg(&Pausing::new(1).write)
        .args(["-sS", &format!("file://{}", file.display())])
        .end();
    assert_eq!(
        outcome::end(&outcome::of(&ended)),
        (23, Some("bad-return")),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.text(), "");
    let sentence = ended.stderr.lines().find(|line| line.starts_with("transferhost: (23)"));
    assert!(sentence.unwrap().contains("cannot pause a file://"), "{}", ended.stderr);
}

#[test]
fn throttle_keeps_its_rate() {
    let body = counted(200_000);
    let origin = http::serve({
        let body = body.clone();
        move |_| Response::ok(body.clone())
    })
    .unwrap();
    let ended = Transferhost::run()
        .args(["--set", "rate=200k", "--outcome", "-"])
        .arg(guest("throttle"))
        .args(["-sS", &origin.url("/")])
        .end();
    let told = outcome::of(&ended);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stdout == body, "other bytes came out");
    // All but the last chunk are paid for before the end.
    let least = (200_000.0 - 16_384.0) / (200.0 * 1024.0);
    assert!(
        ended.elapsed.as_secs_f64() >= least,
        "{:?} for at least {least} s",
        ended.elapsed
    );
    let paused = told["seconds"]["paused"].as_f64().unwrap();
    assert!(
        paused > 0.0 && outcome::calls(&told, "write") > 200_000 / 16_384,
        "{told}"
    );
}

/// Without the lines that say what time it is, which goes on between two requests.
fn undated(shown: &[u8]) -> Vec<&[u8]> {
    let lines = shown.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.to_ascii_lowercase().starts_with(b"date:"))
        .collect()
}
