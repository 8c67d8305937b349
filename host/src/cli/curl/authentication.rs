//! Who asks, and by what he shows it.

use super::table::{FILE, Flag, What, any_value, choice, switch, value};
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
    any_value(
        "cookie",
        Some('b'),
        What("data|file", "`name=value`, or a file"),
        "Cookies, or a file of them",
        values::cookie,
    ),
    value(
        "cookie-jar",
        Some('c'),
        FILE,
        "Write all cookies there in the end; - is stdout",
        |args, given| {
            args.cookies.on = true;
            args.cookies.jar = Some(given.path());
            Ok(())
        },
    ),
    switch(
        "junk-session-cookies",
        Some('j'),
        "Leave out what that file has of a session",
        |args, on| {
            args.cookies.junk_session = on;
        },
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
