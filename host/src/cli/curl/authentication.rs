//! Who asks, and by what he shows it.

use super::table::{FILE, Flag, What, choice, switch, value};
use super::values;
use crate::transfer::HttpAuth;

pub(super) const ROWS: &[Flag] = &[
    value(
        "user",
        Some('u'),
        What("user:password", "`name:password`"),
        "User name and password",
        |args, given| {
            args.user = Some(values::user(given)?);
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
    value(
        "oauth2-bearer",
        None,
        What("token", "a token"),
        "A token of OAuth 2.0",
        |args, given| {
            args.http.bearer = Some(given.text()?);
            Ok(())
        },
    ),
    switch(
        "netrc",
        Some('n'),
        "User name and password from ~/.netrc",
        |args, on| args.netrc.required = on,
    ),
    switch(
        "netrc-optional",
        None,
        "From there where the URL has none",
        |args, on| args.netrc.optional = on,
    ),
    value("netrc-file", None, FILE, "From this file", |args, given| {
        args.netrc.file = Some(given.file()?);
        Ok(())
    }),
    value(
        "cookie",
        Some('b'),
        What("name=value", "`name=value`"),
        "The Cookie header",
        |args, given| values::cookie(&mut args.http.cookie, given),
    ),
    value(
        "cert",
        Some('E'),
        What("file[:password]", "a file"),
        "Your own certificate, for TLS",
        |args, given| {
            (args.tls.certificate, args.tls.password) = values::certificate(given)?;
            Ok(())
        },
    ),
    value(
        "key",
        None,
        FILE,
        "Your private key, for TLS and for SSH",
        |args, given| {
            let file = given.file()?;
            args.tls.key = Some(file.clone());
            args.ssh.private_key = Some(file);
            Ok(())
        },
    ),
    value("pubkey", None, FILE, "Your public key, for SSH", |args, given| {
        args.ssh.public_key = Some(given.file()?);
        Ok(())
    }),
];
