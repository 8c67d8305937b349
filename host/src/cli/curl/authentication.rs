//! Who asks, and by what he shows it.

use super::table::{FILE, Flag, What, choice, value};
use super::values;
use crate::transfer::HttpAuth;

pub(super) const ROWS: &[Flag] = &[
    value(
        "user",
        Some('u'),
        What("user:password", "`name:password`"),
        "User name and password",
        |args, given| {
            args.user = Some(values::user(given.text()?)?);
            Ok(())
        },
    ),
    choice("basic", None, "HTTP's Basic authentication, the default", |args| {
        args.http_auth = HttpAuth::Basic
    }),
    choice("digest", None, "HTTP's Digest authentication", |args| {
        args.http_auth = HttpAuth::Digest
    }),
    choice(
        "anyauth",
        None,
        "The best authentication that the server offers",
        |args| args.http_auth = HttpAuth::Any,
    ),
    value("key", None, FILE, "The private key, for SSH", |args, given| {
        args.ssh.private_key = Some(given.file()?);
        Ok(())
    }),
    value("pubkey", None, FILE, "The public key, for SSH", |args, given| {
        args.ssh.public_key = Some(given.file()?);
        Ok(())
    }),
];
