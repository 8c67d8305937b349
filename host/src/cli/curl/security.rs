//! Whether the other end is who it claims to be.

use super::table::{FILE, Flag, What, choice, switch, value};
use super::values;
use crate::transfer::TlsVersion;

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
        "capath",
        None,
        What("folder", "a folder"),
        "A folder of CA certificates, by their hashes",
        |args, given| {
            args.capath = Some(given.folder()?);
            Ok(())
        },
    ),
    value(
        "pinnedpubkey",
        None,
        What("digests", "a file, or sha256// and a digest"),
        "The server's public key",
        |args, given| {
            args.tls.pinned = Some(values::pin(given)?);
            Ok(())
        },
    ),
    choice("tlsv1.2", None, "TLS 1.2 or newer", |args| {
        args.tls.min = Some(TlsVersion::V1_2)
    }),
    choice("tlsv1.3", None, "TLS 1.3 or newer", |args| {
        args.tls.min = Some(TlsVersion::V1_3)
    }),
    value(
        "tls-max",
        None,
        What("version", "1.0, 1.1, 1.2 or 1.3"),
        "This TLS or older",
        |args, given| {
            args.tls.max = values::tls_max(given)?;
            Ok(())
        },
    ),
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
