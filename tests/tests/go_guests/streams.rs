//! Long bodies: what comes out is right to the byte, and a guest's memory does not grow with them.

use std::io::{Read, Write};

use serde_json::Value;
use tempfile::NamedTempFile;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;

use super::built::{COMPILERS, go_guest, patient_run};
use super::gate::asked_for;

const MIB: u64 = 1 << 20;

/// Of varying length, so that the chunks' ends fall everywhere; and with beginnings of secrets that are none.
const FILLING: &str = "As big as texts ";
const LENGTHS: u64 = 61;
/// The fillings alone are more than a mebibyte.
const LINES_OF_A_BLOCK: u64 = LENGTHS * 36;
const BLOCKS: u64 = 1024;

/// What a guest may take, however long the body is. Go's begins with more than 3 MiB, TinyGo's with 128 KiB; a gibibyte
/// is more than 65536 calls, so what is left over fills with 16 bytes that TinyGo keeps of each, or 128 that Go does.
fn flat(compiler: &str) -> u64 {
    if compiler == "go" { 12 * MIB } else { MIB }
}

/// A part of a body of which no two lines are the same, each with a secret; or what the redactor must make of it.
fn block(index: u64, redacted: bool) -> Vec<u8> {
    let filling = FILLING.repeat(LENGTHS as usize);
    let mut block = Vec::with_capacity(2 * MIB as usize);
    for number in index * LINES_OF_A_BLOCK..(index + 1) * LINES_OF_A_BLOCK {
        let filling = &filling[..FILLING.len() * (number % LENGTHS) as usize];
        let into = &mut block;
        let written = match number % 3 {
            _ if redacted => writeln!(into, "{number} {filling}[redacted] {number:x}"),
            0 => writeln!(into, "{number} {filling}AKIA{number:016} {number:x}"),
            1 => writeln!(into, "{number} {filling}ghp_{number:036} {number:x}"),
            _ => writeln!(into, "{number} {filling}Bearer {number:b} {number:x}"),
        };
        written.expect("a Vec takes every byte");
    }
    block
}

/// Sends the blocks, each as it is made.
fn gibibyte() -> Origin {
    let origin = Origin::serve(|mut connection| {
        while connection.next_request()?.is_some() {
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            for index in 0..BLOCKS {
                let block = block(index, false);
                connection.send(format!("{:x}\r\n", block.len()))?;
                connection.send(block)?;
                connection.send("\r\n")?;
            }
            connection.send("0\r\n\r\n")?;
        }
        Ok(())
    });
    origin.unwrap()
}

/// The blocks and nothing after them; an error says where it is something else.
fn same_blocks(mut got: impl Read, redacted: bool) -> Result<(), String> {
    let mut part = Vec::new();
    for index in 0..BLOCKS {
        let expected = block(index, redacted);
        part.resize(expected.len(), 0);
        got.read_exact(&mut part)
            .map_err(|why| format!("block {index}: {why}"))?;
        if part != expected {
            return Err(format!("block {index} is another"));
        }
    }
    match got.read(&mut [0]) {
        Ok(0) => Ok(()),
        more => Err(format!("after the last block: {more:?}")),
    }
}

/// The body through this example must come out so, in memory that stays flat.
fn through(compiler: &str, example: &str, redacted: bool) {
    let origin = gibibyte();
    let told = NamedTempFile::new().unwrap();
    let run = patient_run().arg("--outcome").arg(told.path());
    let run = run.arg(go_guest(compiler, example)).args(["-sS", &origin.url("/")]);
    let mut running = run.start();
    let compared = same_blocks(running.take_stdout().unwrap(), redacted);
    let ended = running.end();
    assert_eq!(
        (ended.code(), ended.stderr.as_str(), compared),
        (Some(0), "", Ok(())),
        "{compiler} {example}"
    );
    let told: Value = serde_json::from_reader(told).unwrap();
    let received = told["bytes"]["received"].as_u64().unwrap();
    assert!(received > 1024 * MIB, "{compiler} {example}: {received} bytes");
    let peak = told["guest"]["memory_peak"].as_u64().unwrap();
    assert!(peak < flat(compiler), "{compiler} {example}: {peak} bytes of memory");
}

#[test]
fn a_gibibyte_passes() {
    if asked_for("1 GiB") {
        COMPILERS.iter().for_each(|compiler| through(compiler, "pass", false));
    }
}

// These take longest of all, so they run side by side.
#[test]
fn a_gibibyte_is_redacted_in_go() {
    if asked_for("1 GiB, redacted in Go") {
        through("go", "redactor", true);
    }
}

#[test]
fn a_gibibyte_is_redacted_in_tinygo() {
    if asked_for("1 GiB, redacted in TinyGo") {
        through("tinygo", "redactor", true);
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
        assert!(peak < flat(compiler), "{compiler}: {peak} bytes of memory");
    }
}
