//! Prints a line of JSON to stderr for all that libcurl tells in `debug`, and for each header line: what it is, its size,
//! and the lines of it where it is plain text, or base64. What is longer than 1 KiB is counted only. Passwords are part
//! of what is sent, and so of what is printed; a long transfer wants a `--limit printed` above the default.

use exports::transferhost::callbacks::debug::{self, Infotype};
use exports::transferhost::callbacks::header;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:json-tracer;
        world plugin {
            export transferhost:callbacks/debug@0.1.0;
            export transferhost:callbacks/header@0.1.0;
        }
    ",
    generate_all,
});

/// Longer lines would be broken by the host.
const SHOWN: usize = 1024;

struct Tracer;

impl debug::Guest for Tracer {
    fn on_debug(infotype: Infotype, data: Vec<u8>) -> Result<(), String> {
        print("debug", name(infotype), &data);
        Ok(())
    }
}

impl header::Guest for Tracer {
    fn on_header(line: Vec<u8>) -> Result<header::Action, String> {
        print("header", "line", &line);
        Ok(header::Action::Deliver)
    }
}

fn name(infotype: Infotype) -> &'static str {
    match infotype {
        Infotype::Text => "text",
        Infotype::HeaderIn => "header-in",
        Infotype::HeaderOut => "header-out",
        Infotype::DataIn => "data-in",
        Infotype::DataOut => "data-out",
        Infotype::SslDataIn => "ssl-data-in",
        Infotype::SslDataOut => "ssl-data-out",
    }
}

fn print(callback: &str, kind: &str, data: &[u8]) {
    let content = match text(data) {
        _ if data.len() > SHOWN => String::new(),
        Some(lines) => format!(",\"text\":[{lines}]"),
        None => format!(",\"base64\":\"{}\"", base64(data)),
    };
    let size = data.len();
    eprintln!("{{\"callback\":\"{callback}\",\"type\":\"{kind}\",\"size\":{size}{content}}}");
}

/// The lines, each quoted, where JSON needs no backslash for them: the host would escape it once more.
fn text(data: &[u8]) -> Option<String> {
    let text = str::from_utf8(data).ok()?;
    let lines: Vec<&str> = text.lines().collect();
    let plain = |c: char| c == ' ' || (c.is_ascii_graphic() && c != '"' && c != '\\');
    let plain = lines.iter().all(|line| line.chars().all(plain));
    plain.then(|| {
        lines
            .iter()
            .map(|line| format!("\"{line}\""))
            .collect::<Vec<_>>()
            .join(",")
    })
}

fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| {
        let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]))
    };
    let mut digits: String = data.chunks(3).flat_map(group).collect();
    let padding = (3 - data.len() % 3) % 3;
    digits.truncate(digits.len() - padding);
    digits + &"=".repeat(padding)
}

export!(Tracer);
