//! Whether the other end is who it claims to be.

use super::table::{FILE, Flag, What, switch, value};
use super::values;

pub(super) const ROWS: &[Flag] = &[
    switch(
        "insecure",
        Some('k'),
        "Verify neither certificates nor SSH hosts",
        |args, on| args.insecure = on,
    ),
    value("cacert", None, FILE, "The CA certificates", |args, given| {
        args.cacert = Some(given.path());
        Ok(())
    }),
    value(
        "knownhosts",
        None,
        FILE,
        "The SSH hosts that are known",
        |args, given| {
            args.ssh.known_hosts = Some(given.path());
            Ok(())
        },
    ),
    value(
        "hostpubsha256",
        None,
        What("digest", "a digest"),
        "The SHA-256 of the SSH host's key",
        |args, given| {
            args.ssh.host_public_sha256 = Some(values::digest(given.text()?)?);
            Ok(())
        },
    ),
];
