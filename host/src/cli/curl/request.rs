//! What is asked for: the URL, the method, headers and bodies.

use super::body::{self, Piece};
use super::form;
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
        "The method, in place of the implied one",
        |args, given| {
            args.request = Some(given.text()?);
            Ok(())
        },
    ),
    value(
        "request-target",
        None,
        What("path", "a request's target"),
        "The request line's target",
        |args, given| {
            args.http.target = Some(given.text()?);
            Ok(())
        },
    ),
    switch(
        "path-as-is",
        None,
        "Leave /../ and /./ in the URL's path",
        |args, on| args.http.path_as_is = on,
    ),
    any_value(
        "url-query",
        None,
        DATA,
        "Add to the URL's query, encoded; as it is behind a +",
        body::query,
    ),
    switch("get", Some('G'), "Send what -d has in the URL's query", |args, on| {
        args.get = on
    }),
    switch("head", Some('I'), "Ask for the headers alone", |args, on| {
        args.http.head = on;
        args.include = on;
    }),
    value(
        "header",
        Some('H'),
        What("header", "`Name: value`"),
        "A request header; @file has one a line",
        |args, given| args.header(given),
    ),
    any_value(
        "user-agent",
        Some('A'),
        What("name", "a name"),
        "The User-Agent header; empty for none",
        |args, given| {
            args.user_agent = Some(given.text()?);
            Ok(())
        },
    ),
    any_value(
        "referer",
        Some('e'),
        What("url", "a URL"),
        "The Referer header; ;auto follows redirects",
        |args, given| {
            let given = given.text()?;
            let fixed = given.strip_suffix(";auto");
            args.http.auto_referer = fixed.is_some();
            args.http.referer = Some(fixed.unwrap_or(&given).to_owned()).filter(|url| !url.is_empty());
            Ok(())
        },
    ),
    any_value(
        "data",
        Some('d'),
        DATA,
        "Post this; from @file without line breaks",
        |args, given| body::add(args, Piece::Text, given),
    ),
    any_value("data-ascii", None, DATA, "As --data", |args, given| {
        body::add(args, Piece::Text, given)
    }),
    any_value(
        "data-binary",
        None,
        DATA,
        "Post this; from @file as it is",
        |args, given| body::add(args, Piece::Binary, given),
    ),
    any_value(
        "data-raw",
        None,
        What("data", "data"),
        "Post this, an @ included",
        |args, given| body::add(args, Piece::Raw, given),
    ),
    any_value(
        "data-urlencode",
        None,
        DATA,
        "Post this, percent-encoded",
        |args, given| body::add(args, Piece::Encoded, given),
    ),
    any_value("json", None, DATA, "Post this as JSON", |args, given| {
        body::add(args, Piece::Json, given)
    }),
    value(
        "form",
        Some('F'),
        What("name=content", "`name=content`"),
        "Post a form; @file is a file, <file its content",
        |args, given| form::add(args, false, given),
    ),
    value(
        "form-string",
        None,
        What("name=string", "`name=string`"),
        "Post a form, @ and < included",
        |args, given| form::add(args, true, given),
    ),
    value(
        "upload-file",
        Some('T'),
        FILE,
        "Send this file; - is stdin",
        |args, given| {
            args.upload = Some(given.path());
            Ok(())
        },
    ),
    value(
        "continue-at",
        Some('C'),
        What("offset", "an offset in bytes"),
        "Where a transfer resumes; - is where the file ends",
        |args, given| {
            args.continue_at = Some(values::offset(given)?);
            Ok(())
        },
    ),
    value(
        "range",
        Some('r'),
        What("range", "a range"),
        "The bytes that are asked for",
        |args, given| {
            let flag = given.flag.clone();
            args.http.range = Some(values::range(&flag, given.text()?)?);
            Ok(())
        },
    ),
    value(
        "time-cond",
        Some('z'),
        What("time", "a date, or a file"),
        "Only if it is newer; behind a -, older",
        |args, given| {
            let flag = given.flag.clone();
            args.http.time_condition = Some(values::time_condition(&flag, &given.text()?)?);
            Ok(())
        },
    ),
    switch("location", Some('L'), "Follow redirects", |args, on| args.location = on),
    switch(
        "location-trusted",
        None,
        "Follow redirects, credentials going along to any host",
        |args, on| {
            args.location = on;
            args.http.trusts_location = on;
        },
    ),
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
    switch("post301", None, "Stay with POST after a 301", |args, on| {
        args.http.keeps_post.moved_permanently = on
    }),
    switch("post302", None, "Stay with POST after a 302", |args, on| {
        args.http.keeps_post.found = on
    }),
    switch("post303", None, "Stay with POST after a 303", |args, on| {
        args.http.keeps_post.see_other = on
    }),
    switch(
        "compressed",
        None,
        "Ask for a compressed response and decode it",
        |args, on| args.compressed = on,
    ),
    choice("http1.0", Some('0'), "Speak HTTP/1.0", |args| {
        args.http_version = HttpVersion::V1_0
    }),
    choice("http1.1", None, "Speak HTTP/1.1", |args| {
        args.http_version = HttpVersion::V1_1
    }),
    choice("http2", None, "Speak HTTP/2, upgraded to in the clear", |args| {
        args.http_version = HttpVersion::V2
    }),
    choice("http2-prior-knowledge", None, "Speak HTTP/2 at once", |args| {
        args.http_version = HttpVersion::V2PriorKnowledge;
    }),
];
