//! Where what comes goes, and what is said about it.

use super::Target;
use super::table::{FILE, Flag, SECONDS, What, any_value, choice, default, switch, value};
use super::values;

pub(super) const ROWS: &[Flag] = &[
    value(
        "output",
        Some('o'),
        FILE,
        "Where the body goes, a URL each in order; - is stdout",
        |args, given| {
            args.outputs.push(Target::File(given.path()));
            Ok(())
        },
    ),
    choice(
        "remote-name",
        Some('O'),
        "To a file by the name that the URL has",
        |args| {
            args.outputs.push(Target::Remote);
        },
    ),
    switch(
        "remote-header-name",
        Some('J'),
        "With -O, by the name that the server gives",
        |args, on| {
            args.files.server_names = on;
        },
    ),
    value(
        "output-dir",
        None,
        What("folder", "a folder"),
        "Where files of -o and -O are",
        |args, given| {
            args.files.directory = Some(given.path());
            Ok(())
        },
    ),
    switch("create-dirs", None, "Make the folders that they need", |args, on| {
        args.files.create_dirs = on
    }),
    default(
        "clobber",
        "Put a number behind the name of a file that is there",
        |args, on| args.files.no_clobber = !on,
    ),
    switch(
        "remove-on-error",
        None,
        "Remove the file of a transfer that failed",
        |args, on| {
            args.files.remove_on_error = on;
        },
    ),
    value(
        "etag-save",
        None,
        FILE,
        "Write the response's ETag there",
        |args, given| {
            args.etag_save = Some(given.path());
            Ok(())
        },
    ),
    value(
        "etag-compare",
        None,
        FILE,
        "Only if the ETag is another than there",
        |args, given| {
            args.etag_compare = Some(values::etag(given)?);
            Ok(())
        },
    ),
    value(
        "dump-header",
        Some('D'),
        FILE,
        "Where the response's headers go as well",
        |args, given| {
            args.dump_header = Some(given.path());
            Ok(())
        },
    ),
    switch(
        "include",
        Some('i'),
        "Show the response's headers before the body",
        |args, on| args.include = on,
    ),
    any_value(
        "write-out",
        Some('w'),
        What("format", "a format"),
        "Write this when it is over, such as %{http_code}",
        |args, given| {
            args.write_out = Some(values::format(given)?);
            Ok(())
        },
    ),
    switch(
        "fail",
        Some('f'),
        "A status of 400 and above is a failure, 22",
        |args, on| args.fail = on,
    ),
    value(
        "retry",
        None,
        What("number", "a number"),
        "How often a failure that may pass is tried again",
        |args, given| {
            args.retry.times = given.number(0, 1_000_000)? as u32;
            Ok(())
        },
    ),
    value(
        "retry-delay",
        None,
        SECONDS,
        "How long is waited before",
        |args, given| {
            args.retry.delay = given.seconds()?;
            Ok(())
        },
    ),
    value("retry-max-time", None, SECONDS, "Until when it is", |args, given| {
        args.retry.max_time = given.seconds()?;
        Ok(())
    }),
    switch(
        "retry-connrefused",
        None,
        "Also where the connection was refused",
        |args, on| args.retry.connrefused = on,
    ),
    switch("retry-all-errors", None, "After every failure", |args, on| {
        args.retry.all_errors = on
    }),
    switch("silent", Some('s'), "No progress, no errors", |args, on| {
        args.silent = on
    }),
    switch("show-error", Some('S'), "With -s, errors all the same", |args, on| {
        args.show_error = on
    }),
    default("progress-meter", "No progress", |args, on| args.no_progress_meter = !on),
    switch(
        "progress-bar",
        Some('#'),
        "Progress as a bar, which it is in any case",
        |args, on| args.no_progress_meter &= !on,
    ),
    value("stderr", None, FILE, "Where stderr goes; - is stdout", |args, given| {
        args.stderr = Some(given.path());
        Ok(())
    }),
    switch(
        "verbose",
        Some('v'),
        "Say what happens, and the rule by which the policy denied an address",
        |args, on| {
            args.verbose = on;
        },
    ),
    value(
        "trace-ascii",
        None,
        FILE,
        "Write there all that goes over the wire; - is stdout",
        |args, given| {
            args.trace_ascii = Some(given.path());
            Ok(())
        },
    ),
    switch(
        "disable",
        Some('q'),
        "No .curlrc, of which there is none in any case",
        |_, _| {},
    ),
];
