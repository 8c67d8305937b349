//! What a request says of who asks: cookies, passwords and what a netrc names.

use std::fs;
use std::path::PathBuf;

use transferhost::{Cookies, Netrc, TransferSpec, Workers};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use crate::{fetch, fetch_with, origin, spec, tenant};

/// `/set/VALUE` sets the cookie `id` and leads to what says which cookies came.
fn baker() -> Origin {
    http::serve(|request| match request.path().strip_prefix("/set/") {
        Some(value) => Response::redirect(302, "/").header("Set-Cookie", &format!("id={value}; Path=/")),
        None => Response::ok(request.header("cookie").unwrap_or("none")),
    })
    .unwrap()
}

fn with_cookies(url: String, cookies: Cookies) -> TransferSpec {
    TransferSpec {
        follow: true,
        cookies,
        ..spec(url)
    }
}

#[test]
fn a_cookie_lasts_as_long_as_its_transfer() {
    let origin = baker();
    let workers = Workers::start(1).unwrap();
    let (a, b) = (tenant("a"), tenant("b"));
    let on = || Cookies {
        on: true,
        ..Cookies::default()
    };
    let set = fetch_with(&workers, &a, None, with_cookies(origin.url("/set/a"), on()));
    assert_eq!(set.body, "id=a", "the control: it is kept, and sent to the same origin");
    for tenant in [&b, &a] {
        assert_eq!(fetch(&workers, tenant, with_cookies(origin.url("/"), on())), "none");
    }
    // Whoever brings it has it.
    let own = Cookies {
        lines: set.outcome.cookies,
        ..Cookies::default()
    };
    assert_eq!(fetch(&workers, &a, with_cookies(origin.url("/"), own)), "id=a");
    assert_eq!(fetch(&workers, &b, with_cookies(origin.url("/"), on())), "none");
}

#[test]
fn a_jar_is_its_owners() {
    let origin = baker();
    let folder = tempfile::tempdir().unwrap();
    let workers = Workers::start(1).unwrap();
    let jar = |name: &str| {
        let file: PathBuf = folder.path().join(name);
        Cookies {
            files: file.is_file().then(|| file.clone()).into_iter().collect(),
            jar: Some(file),
            ..Cookies::default()
        }
    };
    let both = [tenant("a"), tenant("b")];
    for tenant in &both {
        let set = with_cookies(origin.url(&format!("/set/{}", tenant.name())), jar(tenant.name()));
        fetch(&workers, tenant, set);
    }
    for tenant in &both {
        let sent = fetch(&workers, tenant, with_cookies(origin.url("/"), jar(tenant.name())));
        assert_eq!(sent, format!("id={}", tenant.name()));
        assert_eq!(fetch(&workers, tenant, spec(origin.url("/"))), "none");
    }
}

/// `user:secret` as HTTP has it.
const USER: &str = "Basic dXNlcjpzZWNyZXQ=";
const OTHER: &str = "Basic b3RoZXI6d29yZA==";

/// Says what it was told of who asks, after the number of the connection.
fn gate() -> Origin {
    origin(Listen::default(), |request| {
        request.header("authorization").unwrap_or("none").to_owned()
    })
}

#[test]
fn a_password_is_its_own_transfers() {
    let origin = gate();
    let workers = Workers::start(1).unwrap();
    let (a, b) = (tenant("a"), tenant("b"));
    let host = origin.address().ip();
    let named = TransferSpec {
        user: Some("user:secret".to_owned()),
        ..spec(origin.url("/"))
    };
    let in_url = spec(origin.url_as(&format!("other:word@{host}"), "/"));
    let plain = |tenant| fetch(&workers, tenant, spec(origin.url("/")));
    assert_eq!(fetch(&workers, &a, named), format!("0 {USER}"));
    assert_eq!([plain(&b), plain(&a)], ["1 none", "0 none"]);
    assert_eq!(fetch(&workers, &a, in_url), format!("0 {OTHER}"));
    // The same connection, which no password went along with by itself.
    assert_eq!([plain(&b), plain(&a)], ["1 none", "0 none"]);
}

#[test]
fn what_a_netrc_names_is_its_own_transfers() {
    let origin = gate();
    let folder = tempfile::tempdir().unwrap();
    let workers = Workers::start(1).unwrap();
    let (a, b) = (tenant("a"), tenant("b"));
    let netrc = |name: &str, login: &str, password: &str| {
        let file = folder.path().join(name);
        let line = format!("machine 127.0.0.1 login {login} password {password}\n");
        fs::write(&file, line).unwrap();
        TransferSpec {
            netrc: Netrc::Required(Some(file)),
            ..spec(origin.url("/"))
        }
    };
    let plain = |tenant| fetch(&workers, tenant, spec(origin.url("/")));
    assert_eq!(fetch(&workers, &a, netrc("a", "user", "secret")), format!("0 {USER}"));
    assert_eq!([plain(&b), plain(&a)], ["1 none", "0 none"]);
    assert_eq!(fetch(&workers, &b, netrc("b", "other", "word")), format!("1 {OTHER}"));
    assert_eq!(fetch(&workers, &a, netrc("a", "user", "secret")), format!("0 {USER}"));
    assert_eq!([plain(&b), plain(&a)], ["1 none", "0 none"]);
}
