//! curl's options that say whom a transfer reaches: who was dialled, and what was sent there. The curl tool does the same
//! for the same line.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::thread;

use tempfile::TempDir;
use transferhost::LibcurlVersion;
use transferhost_tests::command::Transferhost;
use transferhost_tests::event::Event;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::reference::Same;

/// Who answers says who he is.
fn origin(name: &'static str) -> Origin {
    http::serve(move |_| Response::ok(name)).unwrap()
}

/// Both end in this code, with these bytes.
#[track_caller]
fn both(words: &[&str], code: i32, text: &str) {
    let both = Same::new(["-sS"].iter().chain(words)).both();
    for (who, ended) in [("ours", &both.ours), ("curl's", &both.curls)] {
        let end = (ended.code(), ended.text());
        assert_eq!(end, (Some(code), text.to_owned()), "{who}: {words:?}: {}", ended.stderr);
    }
}

#[test]
fn a_proxy_is_asked() {
    let (proxy, direct) = (origin("proxy"), origin("direct"));
    let by = proxy.url("");
    let url = direct.url("/p");
    both(&["-x", &by, &url], 0, "proxy");
    assert_eq!(proxy.requests()[0].target(), url);
    // Without a scheme it is an HTTP proxy; the last one counts.
    both(
        &["-x", "", "-x", by.trim_start_matches("http://"), "-U", "a:b", &url],
        0,
        "proxy",
    );
    let asked = proxy.requests();
    assert_eq!(asked[2].header("proxy-authorization"), Some("Basic YTpi"));
    let of = |at: usize| {
        let lines = asked[at].head.lines().filter(|line| !line.starts_with("User-Agent"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of(2), of(3));
    both(&["-x", &by, "--noproxy", "127.0.0.1", &url], 0, "direct");
    both(&["-x", &by, "--noproxy", "*", &url], 0, "direct");
    both(&["-x", &by, "--noproxy", "127.0.0.9", &url], 0, "proxy");
    // A tunnel, which this one does not dig.
    let dug = proxy.requests().len();
    let tunnel = Same::new(["-s", "-p", "-x", &by, &url]).ours();
    assert_ne!(tunnel.code(), Some(0));
    let line = format!("CONNECT {} HTTP/1.1", direct.address());
    assert_eq!(proxy.requests()[dug].head.lines().next(), Some(line.as_str()));
    // The empty one is none, whatever the environment says.
    let none = Same::new(["-sS", "-x", "", &url]).env("http_proxy", &by).both();
    assert_eq!(
        (none.ours.text(), none.curls.text()),
        ("direct".into(), "direct".into())
    );
}

/// A SOCKS5 proxy for one connection: returns the name that it was given, and answers in the origin's place.
fn socks(listener: TcpListener) -> Vec<u8> {
    use std::io::Read as _;
    let (mut stream, _) = listener.accept().unwrap();
    let mut read = |count: usize| {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes).unwrap();
        bytes
    };
    let methods = read(2)[1];
    read(methods.into());
    stream.write_all(&[5, 0]).unwrap();
    let mut read = |count: usize| {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes).unwrap();
        bytes
    };
    let head = read(5);
    assert_eq!(head[..4], [5, 1, 0, 3], "a name, to connect to");
    let name = read(head[4].into());
    read(2);
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsocks")
        .unwrap();
    name
}

#[test]
fn a_socks_proxy_resolves_the_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let proxy = thread::spawn(move || socks(listener));
    let ended = Same::new(["-sS", "--socks5-hostname", &address, "http://only.there.test/"]).ours();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "socks"),
        "{}",
        ended.stderr
    );
    assert_eq!(proxy.join().unwrap(), b"only.there.test");
}

#[test]
fn names_lead_where_they_are_told_to() {
    let origin = origin("here");
    let port = origin.address().port();
    let url = format!("http://a.test:{port}/");
    both(&["--resolve", &format!("a.test:{port}:127.0.0.1"), &url], 0, "here");
    both(&["--resolve", &format!("+a.test:{port}:127.0.0.1"), &url], 0, "here");
    let to = format!("a.test:80:127.0.0.1:{port}");
    both(&["--connect-to", &to, "http://a.test/"], 0, "here");
    both(
        &["--connect-to", &format!("::127.0.0.1:{port}"), "http://a.test/"],
        0,
        "here",
    );
    let hosts: Vec<_> = origin
        .requests()
        .iter()
        .map(|it| it.header("host").unwrap().to_owned())
        .collect();
    assert_eq!(hosts[0], format!("a.test:{port}"));
    assert_eq!(hosts[4], "a.test");
}

#[test]
fn an_interface_is_connected_from() {
    for interface in ["127.0.0.2", "host!127.0.0.2"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, from) = listener.accept().unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                .unwrap();
            from.ip()
        });
        let ended = Same::new(["-sS", "--interface", interface, &url]).ours();
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        assert_eq!(server.join().unwrap(), "127.0.0.2".parse::<IpAddr>().unwrap());
    }
}

#[test]
fn one_family_of_addresses_or_the_other() {
    let six = http::serve_on(Listen::default().v6(), |_| Response::ok("six")).unwrap();
    let port = six.address().port();
    let both_families = format!("a.test:{port}:127.0.0.1,[::1]");
    let url = format!("http://a.test:{port}/");
    both(&["-6", "--resolve", &both_families, &url], 0, "six");
    both(&["-4", "-6", &six.url_as("localhost", "/")], 0, "six");
    let ended = Same::new(["-s", "-4", &six.url_as("localhost", "/")]).both();
    assert_eq!((ended.ours.code(), ended.curls.code()), (Some(7), Some(7)));
    both(&["--happy-eyeballs-timeout-ms", "10", &six.url("/")], 0, "six");
}

#[test]
fn schemes_that_are_not_open_are_not_used() {
    let to_ftp = http::serve(|_| Response::redirect(302, "ftp://127.0.0.1:1/")).unwrap();
    let url = to_ftp.url("/");
    both(&["--proto", "=https", &url], 1, "");
    both(&["--proto", "-http", &url], 1, "");
    assert_eq!(to_ftp.accepted(), 0);
    both(&["-L", "--proto-redir", "=http,https", &url], 1, "");
    both(&["-L", "--proto-redir", "-all,https", &url], 1, "");
    assert_eq!(to_ftp.accepted(), 4);
    // The name would make it an FTP server.
    let origin = origin("here");
    let port = origin.address().port();
    let resolve = format!("ftp.a.test:{port}:127.0.0.1");
    both(
        &[
            "--proto-default",
            "http",
            "--resolve",
            &resolve,
            &format!("ftp.a.test:{port}"),
        ],
        0,
        "here",
    );
}

/// How long until the kernel sends a probe on the connection to this port: its timer as /proc/net/tcp has it, in seconds.
fn probe(port: u16) -> Option<u64> {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let remote = format!("0100007F:{port:04X}");
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (kind, when) = fields.get(5)?.split_once(':')?;
        let of_us = fields.get(2) == Some(&remote.as_str()) && fields.get(3) == Some(&"01");
        // 2 is the timer of keepalive, in hundredths of a second.
        (of_us && kind == "02").then(|| u64::from_str_radix(when, 16).unwrap() / 100)
    })
}

#[test]
fn silence_is_probed_as_long_after_as_was_said() {
    for (flags, least, most) in [
        (&[][..], 50, 61),
        (&["--keepalive-time", "1000"], 900, 1001),
        (&["--no-keepalive"], 0, 0),
    ] {
        let (asked, answer) = (Event::new(), Event::new());
        let (told, waits) = (asked.clone(), answer.clone());
        let origin = Origin::serve(move |mut connection| {
            connection.expect_request()?;
            told.fire();
            connection.wait(&waits)?;
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        })
        .unwrap();
        let running = Transferhost::run()
            .arg("--no-plugin")
            .args(flags)
            .arg(origin.url("/"))
            .start();
        assert!(asked.wait(transferhost_tests::PATIENCE));
        // The request is acknowledged by and by: until then another timer runs.
        let mut due = probe(origin.address().port());
        for _ in 0..200 {
            if due.is_some() || most == 0 {
                break;
            }
            thread::sleep(std::time::Duration::from_millis(10));
            due = probe(origin.address().port());
        }
        answer.fire();
        assert_eq!(running.end().code(), Some(0));
        let due = due.unwrap_or(0);
        assert!((least..=most).contains(&due), "{flags:?}: {due} s");
    }
}

#[test]
fn a_netrc_is_read_where_a_flag_asks_for_it() {
    let origin = origin("here");
    let folder = TempDir::new().unwrap();
    let of = |name: &str, user: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("machine 127.0.0.1 login {user} password p\n")).unwrap();
        path.to_string_lossy().into_owned()
    };
    of(".netrc", "home");
    let file = of("file", "file");
    let (url, with) = (origin.url("/"), origin.url_as("own:q@127.0.0.1", "/"));
    for (words, user) in [
        (&[url.as_str()][..], ""),
        (&["-n", &url], "home:p"),
        (&["--netrc", "--no-netrc", &url], ""),
        (&["--netrc-file", &file, &url], "file:p"),
        (&["--netrc-optional", &with], "own:q"),
        (&["--netrc-optional", "--netrc-file", &file, &url], "file:p"),
    ] {
        let same = Same::new(["-sS"].iter().chain(words)).env("HOME", folder.path());
        let (code, requests) = same.alike(&origin);
        assert_eq!(code, Some(0));
        let sent = requests[0]
            .header("authorization")
            .map(|it| it.trim_start_matches("Basic "));
        let expected = match user {
            "home:p" => Some("aG9tZTpw"),
            "file:p" => Some("ZmlsZTpw"),
            "own:q" => Some("b3duOnE="),
            _ => None,
        };
        assert_eq!(sent, expected, "{words:?}");
    }
    assert!(Path::new(&file).is_file());
}

#[test]
fn cookies_by_name_go_with_every_request_to_their_host() {
    let there = http::serve_on(Listen::default().on("127.0.0.2".parse().unwrap()), |_| Response::ok("")).unwrap();
    let to = there.url("/");
    let origin = http::serve(move |request| match request.path() {
        "/away" => Response::redirect(302, &to),
        "/on" => Response::redirect(302, "/").header("Set-Cookie", "d=4"),
        _ => Response::ok(""),
    })
    .unwrap();
    let cookie = |words: &[&str]| {
        let (code, requests) = Same::new(["-sSL", "-b", "a=1; b=2;c=3"].iter().chain(words)).alike(&origin);
        assert_eq!(code, Some(0));
        requests
            .iter()
            .map(|it| it.header("cookie").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let sent = Some("a=1; b=2;c=3".to_owned());
    assert_eq!(cookie(&[&origin.url("/")]), std::slice::from_ref(&sent));
    // What an origin sets is not kept.
    assert_eq!(cookie(&[&origin.url("/on")]), [sent.clone(), sent.clone()]);
    assert_eq!(cookie(&[&origin.url("/away")]), std::slice::from_ref(&sent));
    // A blank between several, which older curls leave out.
    let several = Same::new(["-sS", "-b", "a=1", "-b", "b=2", &origin.url("/")]).ours();
    assert_eq!(several.code(), Some(0));
    let last = origin.requests().pop().unwrap();
    assert_eq!(last.header("cookie"), Some("a=1; b=2"));
    // An older libcurl sends it to another host as well.
    let away: Vec<_> = there
        .requests()
        .iter()
        .map(|it| it.header("cookie").map(str::to_owned))
        .collect();
    let ours = sent.clone().filter(|_| !LibcurlVersion::get().bundled);
    assert_eq!(away[0], ours);
}
