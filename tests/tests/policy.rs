//! What the tenant policy refuses besides addresses: ports, schemes, proxies, redirects, and a guest that knows better.
//! Each refusal beside the same transfer opened by the operator.

use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::running::Ended;

#[path = "kit/policy_file.rs"]
mod policy_file;
#[path = "kit/sentence.rs"]
mod sentence;

use policy_file::PolicyFile;
use sentence::sentence;

const LOOPBACK: &[&str] = &["127.0.0.0/8"];

fn serve() -> Origin {
    http::serve(|_| Response::ok("body")).unwrap()
}

fn forbidden() -> Origin {
    Origin::forbidden(Listen::default()).unwrap()
}

/// Opens the origin's address and port.
fn opened(origin: &Origin) -> PolicyFile {
    PolicyFile::open(&[origin.address().port()], LOOPBACK)
}

fn fetch(policy: &PolicyFile, curl: &[&str]) -> Ended {
    Transferhost::run()
        .args(policy.words())
        .arg("--no-plugin")
        .args(curl)
        .end()
}

fn delivers(ended: &Ended) {
    assert_eq!(
        (ended.code(), ended.text().as_str(), ended.stderr.as_str()),
        (Some(0), "body", "")
    );
}

#[test]
fn ports_are_those_that_are_open() {
    let origin = serve();
    let port = origin.address().port();
    delivers(&fetch(&opened(&origin), &[&origin.url("/")]));
    let others = PolicyFile::open(&[80, 443], LOOPBACK);
    let refused = fetch(&others, &[&origin.url("/")]);
    assert!(sentence(&refused, 7).contains("denied"), "{}", refused.stderr);
    // By its own default, not only where a file names some.
    let default = PolicyFile::of("allow = [\"127.0.0.0/8\"]");
    sentence(&fetch(&default, &[&origin.url("/")]), 7);
    let told = fetch(&default, &["-v", &origin.url("/")]).stderr;
    assert!(told.contains(&format!("port {port} is not one of [80, 443]")), "{told}");
    // Ports of services that speak something else: the address is open, they are not.
    for port in [22, 25, 6379, 11211] {
        let told = fetch(&default, &["-v", &format!("http://127.0.0.1:{port}/")]);
        assert!(
            told.stderr.contains(&format!("port {port} is not one of")),
            "{}",
            told.stderr
        );
        assert_eq!(told.code(), Some(7));
    }
    assert_eq!(origin.accepted(), 1);
}

#[test]
fn schemes_are_those_that_are_open() {
    let origin = forbidden();
    let port = origin.address().port();
    let policy = opened(&origin);
    for scheme in [
        "ftp", "ftps", "gopher", "dict", "ws", "mqtt", "telnet", "smtp", "nonsense",
    ] {
        let url = format!("{scheme}://127.0.0.1:{port}/");
        assert!(sentence(&fetch(&policy, &[&url]), 1).contains(scheme));
    }
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "body").unwrap();
    let file = format!("file://{}", path.display());
    sentence(&fetch(&policy, &[&file]), 1);
    assert_eq!(fetch(&policy, &[&file]).text(), "");
    assert_eq!(origin.accepted(), 0);
    delivers(&fetch(&PolicyFile::of("schemes = [\"file\"]"), &[&file]));
    delivers(&Transferhost::run().args(["--no-plugin", &file]).end());
    let https_only = PolicyFile::of(&format!(
        "schemes = [\"https\"]\nports = [{port}]\nallow = [\"127.0.0.1/32\"]"
    ));
    sentence(&fetch(&https_only, &[&origin.url("/")]), 1);
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn proxies_of_the_environment_count_for_nothing() {
    let (origin, proxy) = (serve(), forbidden());
    let both = PolicyFile::open(&[origin.address().port(), proxy.address().port()], LOOPBACK);
    let names = ["http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let with_proxies = || {
        let run = Transferhost::run();
        names.iter().fold(run, |run, name| run.env(name, proxy.url("")))
    };
    let url = origin.url("/");
    delivers(&with_proxies().args(both.words()).args(["--no-plugin", &url]).end());
    assert_eq!(proxy.accepted(), 0);
    // Under the policy curl the same environment leads to the proxy, as it does with curl.
    assert_ne!(with_proxies().args(["--no-plugin", &url]).end().code(), Some(0));
    assert_eq!((proxy.accepted(), origin.accepted()), (1, 1));
}

#[test]
fn redirects_are_judged_like_any_address() {
    let inner = Origin::forbidden(Listen::default().on([127, 0, 0, 2].into())).unwrap();
    let (inside, ftp) = (inner.url("/"), format!("ftp://{}/", inner.address()));
    let port = inner.address().port();
    let origin = http::serve(move |request| match request.path() {
        "/inside" => Response::redirect(302, &inside),
        "/ftp" => Response::redirect(302, &ftp),
        "/file" => Response::redirect(302, "file:///etc/hostname"),
        "/loop" => Response::redirect(302, "/loop"),
        "/once" => Response::redirect(302, "/body"),
        _ => Response::ok("body"),
    })
    .unwrap();
    let ports = [origin.address().port(), port];
    let policy = PolicyFile::open(&ports, &["127.0.0.1/32"]);
    delivers(&fetch(&policy, &["-L", &origin.url("/once")]));
    for (path, code) in [("/inside", 7), ("/ftp", 1), ("/file", 1), ("/loop", 47)] {
        sentence(&fetch(&policy, &["-L", &origin.url(path)]), code);
    }
    assert_eq!(inner.accepted(), 0);
    // The positive control: the redirect does lead there.
    fetch(&PolicyFile::open(&ports, LOOPBACK), &["-L", &origin.url("/inside")]);
    assert_eq!(inner.accepted(), 1);
}

#[test]
fn redirects_are_few() {
    let origin = http::serve(|request| {
        let hops: u32 = request.path()[1..].parse().unwrap();
        match hops {
            0 => Response::ok("body"),
            _ => Response::redirect(302, &format!("/{}", hops - 1)),
        }
    })
    .unwrap();
    let policy = opened(&origin);
    delivers(&fetch(&policy, &["-L", &origin.url("/5")]));
    for more in [
        &["-L"][..],
        &["-L", "--max-redirs", "50"],
        &["-L", "--max-redirs", "-1"],
    ] {
        let ended = fetch(&policy, &[more, &[&origin.url("/6")]].concat());
        assert!(sentence(&ended, 47).contains('5'), "{}", ended.stderr);
    }
    sentence(&fetch(&policy, &["-L", "--max-redirs", "1", &origin.url("/2")]), 47);
}

#[test]
fn a_guest_does_not_override_the_policy() {
    let (origin, inner) = (
        serve(),
        Origin::forbidden(Listen::default().on([127, 0, 0, 2].into())).unwrap(),
    );
    let ports = [origin.address().port(), inner.address().port()];
    let (narrow, wide) = (
        PolicyFile::open(&ports, &["127.0.0.1/32"]),
        PolicyFile::open(&ports, LOOPBACK),
    );
    let to = |address: &Origin, policy: &PolicyFile| {
        Transferhost::run()
            .args(policy.words())
            .args(["--set", &format!("to={}", address.address())])
            .arg(hostile("connect-elsewhere"))
            .arg(origin.url("/"))
            .end()
    };
    assert!(sentence(&to(&inner, &narrow), 7).contains("denied"));
    let port = to(&inner, &PolicyFile::open(&[80], &["127.0.0.1/32"]));
    sentence(&port, 7);
    assert_eq!(inner.accepted(), 0);
    to(&inner, &wide);
    assert_eq!(inner.accepted(), 1, "opened by the operator the guest does lead there");
    delivers(&to(&origin, &narrow));
    // A guest that allows all, asked about an address that is closed.
    let allows = Transferhost::run()
        .args(PolicyFile::open(&ports, &[]).words())
        .args(["--set", &format!("to={}", origin.address())])
        .arg(hostile("connect-elsewhere"))
        .arg(origin.url("/"))
        .end();
    sentence(&allows, 7);
    assert_eq!(origin.accepted(), 1);
}

#[test]
fn whoever_asked_is_told_no_more_than_denied() {
    let origin = forbidden();
    let policy = PolicyFile::open(&[origin.address().port()], &[]);
    let outcome = tempfile::NamedTempFile::new().unwrap();
    let run = |flags: &[&str]| {
        Transferhost::run()
            .args(policy.words())
            .arg("--outcome")
            .arg(outcome.path())
            .arg(guest("pass"))
            .args(flags)
            .arg(origin.url_as("localhost", "/"))
            .end()
    };
    let said = sentence(&run(&[]), 7);
    let json = std::fs::read_to_string(outcome.path()).unwrap();
    assert!(said.contains("denied") && json.contains("denied"), "{said}\n{json}");
    // Neither what a name resolves to nor which rule it was.
    for told in [&said, &json] {
        for secret in ["127.0.0.1", "::1", "loopback", "RFC", "port"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
    let log = run(&["-v"]).stderr;
    assert!(
        log.contains("transferhost: denied 127.0.0.1:") && log.contains("loopback"),
        "{log}"
    );
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn bodies_and_times_end_somewhere() {
    let endless = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            connection.send([0; 4096])?;
        }
    })
    .unwrap();
    let policy = opened(&endless);
    let run = |limit: &str, url: &str| {
        Transferhost::run()
            .args(policy.words())
            .args(["--limit", limit, "--no-plugin", "-o", "/dev/null", url])
            .end()
    };
    let said = sentence(&run("body=1MiB", &endless.url("/")), 63);
    assert!(said.contains("1048576"), "{said}");
    let silent = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.wait_for_close()
    })
    .unwrap();
    let policy = opened(&silent);
    for flags in [&[][..], &["-m", "600"]] {
        let ended = Transferhost::run()
            .args(policy.words())
            .args(["--limit", "total-time=100ms", "--no-plugin"])
            .args(flags)
            .arg(silent.url("/"))
            .end();
        sentence(&ended, 28);
    }
}

#[test]
fn decoded_bytes_count() {
    let origin = http::serve(|_| Response::ok(vec![0; 4 << 20]).gzip()).unwrap();
    let ended = Transferhost::run()
        .args(opened(&origin).words())
        .args([
            "--limit",
            "body=1MiB",
            "--no-plugin",
            "--compressed",
            "-o",
            "/dev/null",
            &origin.url("/"),
        ])
        .end();
    assert!(
        sentence(&ended, 63).contains("body has more than 1048576 bytes"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_unix_socket_is_closed() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    let run = |policy: &[&str]| {
        let run = Transferhost::run().args(policy).args(["--no-plugin", "-m", "5"]);
        let run = run.arg("-v").arg("--unix-socket").arg(&path);
        run.arg("http://127.0.0.1:1/").end()
    };
    let denied = run(&["--policy", "tenant"]);
    assert_eq!(denied.code(), Some(7), "{}", denied.stderr);
    assert!(denied.stderr.contains(": a unix socket"), "{}", denied.stderr);
    assert!(listener.accept().is_err(), "it was dialled");
    // The positive control: without the policy it is, though nobody answers.
    assert_eq!(run(&[]).code(), Some(28));
    assert!(listener.accept().is_ok());
}
