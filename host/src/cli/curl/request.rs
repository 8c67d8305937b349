//! What is asked for: the URL, the method, headers and bodies.

use super::table::{FILE, Flag, What, any_value, choice, switch, value};
use super::values;
use crate::transfer::HttpVersion;

const DATA: What = What("data", "data, or @file");

pub(super) const ROWS: &[Flag] = &[
    value(
        "url",
        None,
        What("url", "a URL"),
        "A URL, as one without a name",
        |args, given| {
            args.urls.push(given.text()?);
            Ok(())
        },
    ),
    value(
        "request",
        Some('X'),
        What("method", "a method"),
        "The method, in place of the one that is implied",
        |args, given| {
            args.request = Some(given.text()?);
            Ok(())
        },
    ),
    value(
        "header",
        Some('H'),
        What("header", "`Name: value`"),
        "A request header; @file has one a line",
        |args, given| args.header(given),
    ),
    any_value(
        "data",
        Some('d'),
        DATA,
        "What is posted; from @file without line breaks",
        |args, given| args.data(given),
    ),
    value(
        "upload-file",
        Some('T'),
        FILE,
        "The file that is sent; - is stdin",
        |args, given| {
            args.upload = Some(given.path());
            Ok(())
        },
    ),
    value(
        "continue-at",
        Some('C'),
        What("offset", "an offset in bytes"),
        "Where an upload resumes",
        |args, given| {
            args.continue_at = Some(values::offset(&given.text()?)?);
            Ok(())
        },
    ),
    switch("location", Some('L'), "Follow redirects", |args, on| args.location = on),
    value(
        "max-redirs",
        None,
        What("number", "a number"),
        "How many of them; -1 is no limit",
        |args, given| {
            args.max_redirs = Some(values::redirects(&given.text()?)?);
            Ok(())
        },
    ),
    switch(
        "compressed",
        None,
        "Ask for a compressed response and decode it",
        |args, on| args.compressed = on,
    ),
    choice("http1.1", None, "Speak HTTP/1.1", |args| {
        args.http_version = HttpVersion::V1_1
    }),
    choice("http2", None, "Speak HTTP/2, upgraded to in the clear", |args| {
        args.http_version = HttpVersion::V2
    }),
];
