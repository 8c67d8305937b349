//! What was meant for one origin must not be told another: credentials, cookies, and lines that an origin made up.

use std::sync::Arc;

use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::request::Request;
use transferhost_tests::tls::Authority;

use crate::attack::{Attack, Elsewhere};
use crate::bodies::BODY;
use crate::redirects::{open, to};

/// The path of what is led elsewhere.
pub(crate) const THERE: &str = "/there";
/// A password, and what Basic makes of it and its user.
const SECRET: [&str; 2] = ["s3cret", "bWU6czNjcmV0"];

const USER: &[&str] = &["-L", "-u", "me:s3cret"];
const HEADERS: &[&str] = &["-L", "-H", "Authorization: Bearer s3cret", "-H", "Cookie: id=s3cret"];

pub(crate) fn all(authority: &Arc<Authority>) -> Vec<Attack> {
    vec![
        to_a_port("user-to-a-port", "Leads `-u` to another port", USER),
        to_a_port(
            "headers-to-a-port",
            "Leads `-H` with credentials and a cookie to another port",
            HEADERS,
        ),
        to_a_host("user-to-a-host", "Leads `-u` to another host, on the same port", USER),
        to_a_host(
            "headers-to-a-host",
            "Leads `-H` with credentials and a cookie there",
            HEADERS,
        ),
        to_a_scheme(authority, "user-to-http", "Leads `-u` from https to http", USER),
        to_a_scheme(
            authority,
            "headers-to-http",
            "Leads `-H` with credentials and a cookie there",
            HEADERS,
        ),
        foreign_cookie(),
    ]
}

/// A request holds nothing that was made up, and where it was led elsewhere nothing that was meant for the first origin;
/// the first origin did get it.
pub(crate) fn check(request: &Request, attack: &Attack) -> Result<(), String> {
    let holds = |words: &[&str]| words.iter().any(|word| request.head.contains(word));
    let given = attack.curl.iter().any(|word| word.to_string_lossy().contains("s3cret"));
    let led = request.path().starts_with(THERE);
    if led && holds(&SECRET) {
        return Err(format!("a secret was led elsewhere: {:?}", request.head));
    }
    if given && !led && !holds(&SECRET) {
        return Err(format!("the first origin was not given its own: {:?}", request.head));
    }
    if request
        .head
        .lines()
        .any(|line| line.to_ascii_lowercase().starts_with("x-smuggled"))
        || request
            .header("cookie")
            .is_some_and(|cookie| cookie.contains("foreign"))
    {
        return Err(format!("a header was smuggled: {:?}", request.head));
    }
    Ok(())
}

fn led(name: &'static str, what: &'static str, origin: Origin, curl: &[&str]) -> Attack {
    Attack::new(name, what, origin).curl(curl).delivers(BODY)
}

fn to_a_port(name: &'static str, what: &'static str, curl: &[&str]) -> Attack {
    let there = open();
    let origin = to(&there.url(THERE));
    led(name, what, origin, curl).elsewhere(Elsewhere::Open(there))
}

fn to_a_host(name: &'static str, what: &'static str, curl: &[&str]) -> Attack {
    let origin = http::serve(|request| {
        let host = request.header("host").unwrap_or_default();
        match (request.path(), host.rsplit_once(':')) {
            (THERE, _) | (_, None) => Response::ok(BODY),
            (_, Some((_, port))) => Response::redirect(302, &format!("http://localhost:{port}{THERE}")),
        }
    });
    led(name, what, origin.expect("a free port of loopback"), curl)
}

fn to_a_scheme(authority: &Authority, name: &'static str, what: &'static str, curl: &[&str]) -> Attack {
    let there = open();
    let location = there.url(THERE);
    let listen = Listen::default().tls(authority.server_config());
    let origin = http::serve_on(listen, move |_| Response::redirect(302, &location));
    led(name, what, origin.expect("a free port of loopback"), curl)
        .https(Some(&authority.ca_file()))
        .elsewhere(Elsewhere::Open(there))
}

fn foreign_cookie() -> Attack {
    let there = open();
    let location = there.url_as("localhost", THERE);
    let origin = http::serve(move |_| {
        let redirect = Response::redirect(302, &location);
        ["localhost", "127.0.0.1", ".", "com"]
            .into_iter()
            .fold(redirect, |redirect, domain| {
                redirect.header("Set-Cookie", &format!("id=foreign; Path=/; Domain={domain}"))
            })
    });
    let what = "Sets cookies for other hosts and all of `com`, and redirects to one of them";
    led(
        "cookie-foreign",
        what,
        origin.expect("a free port of loopback"),
        &["-L"],
    )
    .elsewhere(Elsewhere::Open(there))
}
