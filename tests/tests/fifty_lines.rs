//! Lines of a shell that say `curl`, run with the curl tool and with `transferhost run pass.wasm` in its place, against the
//! same origins: the same bytes on the wire, the same files, the same output, the same exit code. What is known to differ
//! from one version of curl to the next is left out: its name, what it can decode, `Expect` before an upload,
//! and a form's boundary, which is made by chance.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use transferhost_tests::command::{Transferhost, binary};
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::request::Request;
use transferhost_tests::target_dir;
use transferhost_tests::tls::Authority;

const BODY: &str = "0123456789\n";

fn respond(request: &Request) -> Response {
    let authorized = request.header("authorization");
    match request.path() {
        "/echo" | "/echo/data" if request.text().starts_with("--") => Response::ok("a form\n"),
        "/echo" | "/echo/data" => Response::ok(request.body.clone()),
        "/gzip" => Response::ok(BODY.repeat(100)).gzip(),
        "/chunked" => Response::ok(BODY.repeat(100)).chunked(100).trailer("X-T", "u"),
        "/named" => Response::ok(BODY).header("Content-Disposition", "attachment; filename=\"given.txt\""),
        "/etag" if request.header("if-none-match") == Some("\"a\"") => Response::status(304).header("ETag", "\"a\""),
        "/etag" => Response::ok(BODY).header("ETag", "\"a\""),
        "/301" => Response::redirect(301, "/end"),
        "/302" => Response::redirect(302, "/end?a b"),
        "/307" => Response::redirect(307, "/echo"),
        "/loop" => Response::redirect(302, "/loop"),
        "/cookie" => Response::redirect(302, "/end").header("Set-Cookie", "c=d; Path=/"),
        "/away" => {
            let port = request
                .header("host")
                .and_then(|host| host.split(':').nth(1))
                .unwrap_or("80");
            Response::redirect(302, &format!("http://localhost:{port}/end"))
        }
        "/basic" if authorized.is_none() => Response::status(401).header("WWW-Authenticate", "Basic realm=\"r\""),
        // Without `qop` nothing in the answer is left to chance.
        "/digest" if authorized.is_none() => {
            Response::status(401).header("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\"")
        }
        "/404" => Response::status(404).body("not here\n"),
        _ if request.method() == "CONNECT" => Response::status(200),
        _ => ranged(request),
    }
}

fn ranged(request: &Request) -> Response {
    let range = request
        .header("range")
        .and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let (first, last) = match range {
        None => return Response::ok(BODY).header("Content-Type", "text/plain"),
        Some(("", last)) => (BODY.len() - last.parse::<usize>().unwrap(), BODY.len() - 1),
        Some((first, "")) => (first.parse().unwrap(), BODY.len() - 1),
        Some((first, last)) => (first.parse().unwrap(), last.parse().unwrap()),
    };
    let told = format!("bytes {first}-{last}/{}", BODY.len());
    Response::status(206)
        .header("Content-Range", &told)
        .body(&BODY[first..=last])
}

/// What a line came to.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    requests: Vec<String>,
    files: BTreeMap<String, Vec<u8>>,
    stdout: String,
    code: Option<i32>,
}

struct World {
    http: Origin,
    tls: Origin,
    authority: Authority,
    closed: socket2::Socket,
}

impl World {
    fn new() -> Self {
        let authority = Authority::new().unwrap();
        let closed = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        closed
            .bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
            .unwrap();
        Self {
            http: http::serve(respond).unwrap(),
            tls: http::serve_on(Listen::default().tls(authority.server_config()), respond).unwrap(),
            authority,
            closed,
        }
    }

    /// Runs the line with this in the place of curl, in a folder of its own.
    fn run(&self, line: &str, curl: &str) -> Came {
        let place = TempDir::new().unwrap();
        let folder = place.path();
        for (name, text) in [
            ("data", "a=1\nb=2\n"),
            ("part", "0123"),
            ("tagged", "\"a\"\n"),
            (
                "cookies",
                "127.0.0.1\tFALSE\t/\tFALSE\t0\ts\t1\n127.0.0.1\tFALSE\t/\tFALSE\t4102444800\tl\t2\n",
            ),
            ("netrc", "machine 127.0.0.1 login n password p\n"),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        let before = (self.http.requests().len(), self.tls.requests().len());
        let closed = self.closed.local_addr().unwrap().as_socket().unwrap();
        let home = target_dir().join("tests-home");
        let ended = Command::new("sh")
            .arg("-c")
            .arg(format!("curl() {{ {curl} \"$@\"; }}\n{line}"))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", home.join("empty"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("TRANSFERHOST", binary())
            .env("PLUGIN", guest("pass"))
            .env("HTTP", self.http.url(""))
            .env("PORT", self.http.address().port().to_string())
            .env("TLS", self.tls.url(""))
            .env("CA", self.authority.ca_file())
            .env("CLOSED", format!("http://{closed}/"))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let mut requests = self.http.requests()[before.0..].to_vec();
        requests.extend_from_slice(&self.tls.requests()[before.1..]);
        Came {
            requests: requests.iter().map(plain).collect(),
            files: files(folder, folder),
            stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
            code: ended.status.code(),
        }
    }
}

/// A request without what differs from one version of curl to the next.
fn plain(request: &Request) -> String {
    let kind = request.header("content-type").unwrap_or_default();
    let boundary = kind
        .split_once("boundary=")
        .map(|(_, boundary)| boundary.trim_start_matches('-'));
    let mut text = String::new();
    for line in request.head.split_inclusive("\r\n") {
        match line {
            "Expect: 100-continue\r\n" => {}
            // What it can decode is what it was built with.
            _ if line.starts_with("Accept-Encoding: deflate, gzip") => text.push_str("Accept-Encoding\r\n"),
            // A boundary's length differs, and with it that of the body.
            _ if boundary.is_some() && line.starts_with("Content-Length:") => {}
            _ if line.starts_with("User-Agent: curl/") => text.push_str("User-Agent: curl/\r\n"),
            _ => text.push_str(line),
        }
    }
    text.push_str(&request.text());
    match boundary {
        Some(boundary) => {
            let parts: Vec<_> = text.split(boundary).map(|part| part.trim_end_matches('-')).collect();
            parts.join("BOUNDARY")
        }
        None => text,
    }
}

/// Every file below, by its name there.
fn files(root: &Path, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(root, &path));
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            all.insert(name, fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn both_do_the_same() {
    // Looks at the binary's age, and makes the folders.
    drop(Transferhost::new());
    let world = World::new();
    let lines: Vec<&str> = include_str!("fifty_lines/lines.sh").lines().collect();
    assert!(lines.len() >= 50, "{}", lines.len());
    let mut differ = Vec::new();
    for line in lines {
        let ours = world.run(line, "\"$TRANSFERHOST\" run \"$PLUGIN\"");
        let curls = world.run(line, "command curl -q --globoff --max-time 30");
        if ours != curls {
            differ.push(format!("{line}\n  ours   {ours:?}\n  curl's {curls:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
