//! Long bodies: what comes out is right to the byte, and a guest's memory does not grow with them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::{NamedTempFile, TempDir};
use transferhost_tests::http::{self, Response};
use transferhost_tests::nginx::Nginx;
use transferhost_tests::outcome;
use transferhost_tests::running::same_bytes;
use transferhost_tests::tls::Authority;

use super::built::{COMPILERS, go_guest, patient_run};
use super::gate::asked_for;

const MIB: u64 = 1 << 20;
/// A Go guest begins with about 3 MiB, a TinyGo one with less than one.
const FLAT: u64 = 16 * MIB;

/// The URL through this guest must give what is in the file, in memory that stays flat.
fn through(compiler: &str, example: &str, url: &str, expected: &Path) {
    let told = NamedTempFile::new().unwrap();
    let run = patient_run().arg("--outcome").arg(told.path());
    let mut running = run.arg(go_guest(compiler, example)).args(["-sS", url]).start();
    let compared = same_bytes(running.take_stdout().unwrap(), expected);
    let ended = running.end();
    let size = expected.metadata().unwrap().len();
    assert_eq!(
        (ended.code(), ended.stderr.as_str(), compared),
        (Some(0), "", Ok(size)),
        "{compiler} {example}: the length, or where it differs, in MiB"
    );
    let told: Value = serde_json::from_reader(told).unwrap();
    let peak = told["guest"]["memory_peak"].as_u64().unwrap();
    assert!(peak < FLAT, "{compiler} {example}: {peak} bytes of memory");
}

/// Lines of which no two are the same, each with a secret, and beside them what they must become.
fn lines(folder: &TempDir, bytes: u64) -> (PathBuf, PathBuf) {
    let create = |name: &str| {
        let path = folder.path().join(name);
        let file = BufWriter::with_capacity(1 << 20, File::create(&path).unwrap());
        (path, file)
    };
    let (sent, mut into_sent) = create("sent");
    let (shown, mut into_shown) = create("shown");
    let (mut written, mut number) = (0, 0_u64);
    while written < bytes {
        // Of varying length, so that the chunks' ends fall everywhere.
        let filling = "a line of text, ".repeat((number % 61) as usize);
        let line = format!("{number} {filling}AKIA{number:016} {number:x}\n");
        into_sent.write_all(line.as_bytes()).unwrap();
        writeln!(into_shown, "{number} {filling}[redacted] {number:x}").unwrap();
        written += line.len() as u64;
        number += 1;
    }
    into_sent.flush().unwrap();
    into_shown.flush().unwrap();
    (sent, shown)
}

#[test]
fn mebibytes_come_through() {
    if !asked_for("64 MiB") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (sent, shown) = lines(&folder, 64 * MIB);
    let url = format!("file://{}", sent.display());
    for compiler in COMPILERS {
        through(compiler, "pass", &url, &sent);
        through(compiler, "redactor", &url, &shown);
    }
}

#[test]
fn a_gibibyte_comes_through() {
    if !asked_for("1 GiB") {
        return;
    }
    let authority = Authority::new().unwrap();
    let Some(nginx) = Nginx::start(&authority).unwrap() else {
        return;
    };
    let file = nginx.counted_file("large", 1024 * MIB).unwrap();
    for compiler in COMPILERS {
        through(compiler, "pass", &nginx.http("/large"), &file);
    }
}

/// The trial of what passes between guest and host while the collector runs; the guest looks at everything itself.
#[test]
fn memory_holds_under_collection() {
    if !asked_for("collection") {
        return;
    }
    let byte = |place: u32| {
        let mixed = place.wrapping_mul(2_654_435_761);
        (mixed ^ mixed >> 8 ^ mixed >> 16) as u8
    };
    let body: Vec<u8> = (0..4 * MIB as u32).map(byte).collect();
    let expected: Vec<u8> = body.iter().map(|it| it ^ 0x5a).collect();
    let origin = http::serve(move |_| Response::ok(body.clone()).header("X-Some", "thing")).unwrap();
    let digits: String = "0123456789".repeat(500);
    for compiler in COMPILERS {
        let run = patient_run().args(["--outcome", "-", "--fuel", "1000000000"]);
        let run = run.args(["--limit", "fuel-total=100000000000", "--set", &format!("long={digits}")]);
        let run = run.arg(go_guest(compiler, "stress"));
        let run = run.args(["-sS", "-H", "X-One: 0123456789012", "-H", "X-Two: 0"]);
        let ended = run.arg(origin.url("/")).end();
        assert_eq!(ended.code(), Some(0), "{compiler}: {}", ended.stderr);
        assert!(ended.stdout == expected, "{compiler}: other bytes came out");
        let peak = outcome::of(&ended)["guest"]["memory_peak"].as_u64().unwrap();
        assert!(peak < FLAT, "{compiler}: {peak} bytes of memory");
    }
}
