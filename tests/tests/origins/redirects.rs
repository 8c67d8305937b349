//! Redirects to where nobody should go, and to nowhere.

use std::net::Ipv4Addr;

use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use crate::attack::{Attack, Elsewhere, End, serve};
use crate::bodies::BODY;
use crate::secrets::THERE;

pub(crate) fn all() -> Vec<Attack> {
    let all = vec![
        in_a_circle(),
        inside(),
        to_another_port(),
        to_a_file(),
        to_ftp(),
        to_gopher(),
        to_dict(),
        with_credentials(),
        with_line_ends(),
        with_line_ends_in_the_host(),
        with_a_bare_cr(),
        two_at_once(),
        to_nowhere(),
        to_something(),
    ];
    all.into_iter().map(|attack| attack.curl(&["-L"])).collect()
}

/// A listener that nobody may be led to. Whoever is gets no answer, and no reset, which would come as it likes.
fn forbidden(listen: Listen) -> Origin {
    let origin = Origin::serve_on(listen, |mut connection| {
        connection.finish_sending()?;
        connection.wait_for_close()
    });
    origin.expect("a free port of loopback")
}

/// One on an address of its own.
fn inner() -> Origin {
    forbidden(Listen::default().on(Ipv4Addr::new(127, 0, 0, 2).into()))
}

/// One that answers whatever comes.
pub(crate) fn open() -> Origin {
    http::serve(|_| Response::ok(BODY)).expect("a free port of loopback")
}

/// Redirects all but what asks for [`THERE`].
pub(crate) fn to(location: &str) -> Origin {
    let location = location.to_owned();
    let answer = move |request: &transferhost_tests::request::Request| match request.path() {
        THERE => Response::ok(BODY),
        _ => Response::redirect(302, &location),
    };
    http::serve(answer).expect("a free port of loopback")
}

/// Leads to a listener on 127.0.0.1 by another scheme.
fn by(name: &'static str, what: &'static str, scheme: &str) -> Attack {
    let origin = forbidden(Listen::default());
    Attack::new(name, what, to(&format!("{scheme}://{}/_x", origin.address())))
        .elsewhere(Elsewhere::Forbidden {
            origin,
            port_is_open: true,
        })
        .ends(1)
}

fn in_a_circle() -> Attack {
    Attack::new("redirect-loop", "Redirects to itself", to("/"))
        .ends(47)
        .under_curl(End::Libcurl(47))
}

/// Under `curl` it is dialled, which shows that it leads there.
fn inside() -> Attack {
    let origin = inner();
    Attack::new("redirect-inside", "Redirects to 127.0.0.2", to(&origin.url("/")))
        .elsewhere(Elsewhere::Forbidden {
            origin,
            port_is_open: true,
        })
        .ends_denied()
        .under_curl(End::Libcurl(52))
}

fn to_another_port() -> Attack {
    let origin = forbidden(Listen::default());
    Attack::new(
        "redirect-port",
        "Redirects to a port that is not open",
        to(&origin.url("/")),
    )
    .elsewhere(Elsewhere::Forbidden {
        origin,
        port_is_open: false,
    })
    .ends_denied()
    .under_curl(End::Libcurl(52))
}

fn to_a_file() -> Attack {
    Attack::new("redirect-file", "Redirects to a file", to("file:///etc/hostname"))
        .ends(1)
        .under_curl(End::Libcurl(1))
}

fn to_ftp() -> Attack {
    by("redirect-ftp", "Redirects to FTP", "ftp").under_curl(End::Libcurl(56))
}

fn to_gopher() -> Attack {
    by(
        "redirect-gopher",
        "Redirects to gopher, which can say anything to anybody",
        "gopher",
    )
    .under_curl(End::Libcurl(1))
}

fn to_dict() -> Attack {
    by("redirect-dict", "Redirects to dict", "dict").under_curl(End::Libcurl(1))
}

fn with_credentials() -> Attack {
    let there = open();
    let origin = to(&there.url_as("eve:pass@127.0.0.1", THERE));
    Attack::new(
        "redirect-credentials",
        "Redirects to a URL with a user and a password",
        origin,
    )
    .elsewhere(Elsewhere::Open(there))
    .delivers(BODY)
}

fn with_line_ends() -> Attack {
    let there = open();
    let origin = to(&there.url(&format!("{THERE}%0d%0aX-Smuggled:%201")));
    Attack::new(
        "redirect-line-ends",
        "Redirects to a path with line ends and a header behind them",
        origin,
    )
    .elsewhere(Elsewhere::Open(there))
    .delivers(BODY)
}

fn with_line_ends_in_the_host() -> Attack {
    let origin = to("http://127.0.0.1%0d%0aX-Smuggled:%201/");
    Attack::new("redirect-line-ends-host", "The same in the host", origin).ends(3)
}

fn with_a_bare_cr() -> Attack {
    let inside = inner();
    let origin = to(&format!("/\rLocation: {}", inside.url("/")));
    Attack::new("redirect-bare-cr", "Hides a redirect to 127.0.0.2 behind a CR", origin)
        .elsewhere(Elsewhere::Forbidden {
            origin: inside,
            port_is_open: true,
        })
        .ends(8)
}

fn two_at_once() -> Attack {
    let origin_inside = inner();
    let second = origin_inside.url("/");
    let origin = serve(move |mut connection| {
        while let Some(request) = connection.next_request()? {
            let response = match request.path() {
                THERE => Response::ok(BODY),
                _ => Response::redirect(302, THERE).header("Location", &second),
            };
            connection.send(response.encode(true))?;
        }
        Ok(())
    });
    Attack::new(
        "redirect-twice",
        "Redirects to itself, and in a second line to 127.0.0.2",
        origin,
    )
    .elsewhere(Elsewhere::Forbidden {
        origin: origin_inside,
        port_is_open: true,
    })
    .ends(8)
}

/// Redirects each path to what is its own in the list.
fn each(name: &'static str, what: &'static str, list: &'static [(&'static str, i32)]) -> Attack {
    let answer = move |request: &transferhost_tests::request::Request| {
        let at = request
            .path()
            .strip_prefix("/at/")
            .and_then(|at| at.parse::<usize>().ok());
        match at.and_then(|at| list.get(at)) {
            Some((location, _)) => Response::redirect(302, location),
            None => Response::ok(BODY),
        }
    };
    let origin = http::serve(answer).expect("a free port of loopback");
    let followed = list.iter().filter(|(_, code)| *code == 0).count();
    Attack::new(name, what, origin)
        .paths((0..list.len()).map(|at| format!("/at/{at}")))
        .each(list.iter().map(|(_, code)| End::Libcurl(*code)).collect())
        .delivers(BODY.repeat(followed))
}

fn to_nowhere() -> Attack {
    let list = &[
        ("http://", 3),
        ("http:///", 3),
        ("http://:80/", 3),
        ("http://127.0.0.1:99999/", 3),
        ("http://127.0.0.1:x/", 3),
        ("http://[::1/", 3),
        ("http://a b/", 3),
        ("//", 3),
        ("nonsense://127.0.0.1/", 1),
        ("javascript:alert(1)", 1),
    ];
    each("redirect-nowhere", "Redirects to what is no URL, in ten ways", list)
}

fn to_something() -> Attack {
    let list = &[(":::", 0), ("/../../etc/passwd", 0), ("%", 0), ("/\u{e9} \\", 0)];
    let what = "Redirects to garbage that is a path of its own, in four ways";
    each("redirect-garbage", what, list)
}
