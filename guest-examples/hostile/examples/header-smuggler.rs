//! Tries in `start` to set and remove headers that no request may carry, then thousands that it may. Prints what was
//! refused and aborts where something was accepted that should not have been.

use transferhost::callbacks::request::{HeaderError, Request};

const NAMES: [&str; 16] = [
    "",
    " ",
    "a b",
    "a:",
    ":authority",
    "a\r\nb",
    "a\nb",
    "a\0",
    "a\t",
    "é",
    "a\u{7f}",
    "content-length",
    "Content-Length",
    "TRANSFER-ENCODING",
    "Content-Length ",
    "transfer-encoding\t",
];
const VALUES: [&str; 6] = [
    "a\r\nX-Smuggled: 1",
    "a\nX-Smuggled: 1",
    "a\r",
    "a\0b",
    "\r\n\r\nGET / HTTP/1.1",
    "\n",
];
/// The first so many of `NAMES` are not names at all; the rest frame the message.
const NOT_NAMES: usize = 11;
const MOST: usize = 100;

fn smuggle(request: &Request) -> Result<(), String> {
    let (long_name, long_value) = ("a".repeat(257), "a".repeat((8 << 10) + 1));
    for name in NAMES.into_iter().chain([long_name.as_str()]) {
        refused("set the name", name, request.set_header(name, "1"))?;
    }
    for name in NAMES[..NOT_NAMES].iter().copied().chain([long_name.as_str()]) {
        refused("remove the name", name, request.remove_header(name))?;
    }
    for value in VALUES.into_iter().chain([long_value.as_str()]) {
        refused("set the value", value, request.set_header("X-Hostile", value))?;
    }
    let accepted = (0..5000)
        .filter(|n| request.set_header(&format!("X-Many-{n}"), "1").is_ok())
        .count();
    println!("accepted {accepted} of 5000 headers");
    if accepted > MOST {
        return Err(format!("{accepted} headers were accepted"));
    }
    Ok(())
}

fn refused(attempt: &str, with: &str, answer: Result<(), HeaderError>) -> Result<(), String> {
    let shown: String = with.chars().take(20).collect();
    match answer {
        Err(error) => println!("{attempt} {shown:?}: {}", error.name()),
        Ok(()) => return Err(format!("{attempt} {shown:?} was accepted")),
    }
    Ok(())
}

hostile::attack!(start, |request| smuggle(request));
