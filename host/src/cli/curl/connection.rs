//! Whom a transfer reaches, by what way, and for how long.

use super::table::{Flag, SECONDS, What, value};

pub(super) const ROWS: &[Flag] = &[
    value(
        "max-time",
        Some('m'),
        SECONDS,
        "The time of the whole transfer",
        |args, given| {
            args.max_time = given.seconds()?;
            Ok(())
        },
    ),
    value(
        "connect-timeout",
        None,
        SECONDS,
        "The time of connecting",
        |args, given| {
            args.connect_timeout = given.seconds()?;
            Ok(())
        },
    ),
    value(
        "ftp-port",
        Some('P'),
        What("address", "an address, or - for your own"),
        "Active FTP, and where it listens",
        |args, given| {
            args.ftp_port = Some(given.text()?);
            Ok(())
        },
    ),
    value(
        "unix-socket",
        None,
        What("path", "a socket's path"),
        "Connect to this socket",
        |args, given| {
            args.unix_socket = Some(given.path());
            Ok(())
        },
    ),
];
