//! Where what comes goes, and what is said about it.

use super::table::{FILE, Flag, switch, value};

pub(super) const ROWS: &[Flag] = &[
    value(
        "output",
        Some('o'),
        FILE,
        "Where the body goes, a URL each in order; - is stdout",
        |args, given| {
            args.outputs.push(given.path());
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
    switch(
        "fail",
        Some('f'),
        "A status of 400 and above is a failure, 22",
        |args, on| args.fail = on,
    ),
    switch("silent", Some('s'), "No progress, no errors", |args, on| {
        args.silent = on
    }),
    switch("show-error", Some('S'), "With -s, errors all the same", |args, on| {
        args.show_error = on
    }),
    switch(
        "verbose",
        Some('v'),
        "Say what happens, and the rule by which the policy denied an address",
        |args, on| {
            args.verbose = on;
        },
    ),
];
