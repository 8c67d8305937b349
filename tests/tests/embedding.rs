//! `docs/embedding.md`: each of its blocks is a file here, compiled as it stands there, and run.

use std::fs;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;

use transferhost::{Cause, CurlCode, Host, Limit, Policy, PolicyKind, Transfer, TransferSpec};
use transferhost_tests::command::{binary, loader};
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::table::Section;
use transferhost_tests::{root, target_dir};

/// As a reader would have them, who may write them in a library.
macro_rules! blocks {
    ($($block:ident = $file:literal,)*) => {
        $(
            #[allow(unreachable_pub, reason = "the page shows it as a library would have it")]
            #[path = $file]
            mod $block;
        )*

        const BLOCKS: &[(&str, &str)] = &[$((stringify!($block), include_str!($file))),*];
    };
}

blocks! {
    fetch = "embedding/fetch.rs",
    policy = "embedding/policy.rs",
    outcome = "embedding/outcome.rs",
    sink = "embedding/sink.rs",
    upload = "embedding/upload.rs",
    cancel = "embedding/cancel.rs",
    service = "embedding/service.rs",
    workers = "embedding/workers.rs",
    stream = "embedding/stream.rs",
}

fn curl() -> Policy {
    Policy::new(PolicyKind::Curl).unwrap()
}

fn host() -> Host {
    Host::new(curl(), loader()).unwrap()
}

#[test]
fn the_page_shows_what_is_run() {
    let page = || fs::read_to_string(root().join("docs/embedding.md")).unwrap();
    for (name, source) in BLOCKS {
        if let Err(differs) = Section::of("embedding.md", name).settle(format!("```rust\n{source}```")) {
            panic!("{differs}");
        }
    }
    assert_eq!(
        page().matches("```rust").count(),
        BLOCKS.len(),
        "a block that is not run"
    );
    // Fifteen lines at most, but for what is imported.
    let (_, body) = BLOCKS[0].1.split_once("\n\npub fn").unwrap();
    assert!(body.lines().count() <= 15, "{body}");
}

#[test]
fn a_transfer_and_its_outcome() {
    let origin = http::serve(|request| match request.path() {
        "/busy" => Response::status(503),
        _ => Response::ok("body"),
    })
    .unwrap();
    let (ended, body) = fetch::fetch(curl(), &guest("pass"), &origin.url("/")).unwrap();
    assert_eq!((ended.code, ended.status, &body[..]), (CurlCode::OK, 200, &b"body"[..]));
    assert_eq!(ended.guest.as_ref().unwrap().calls["write"].count, 1);
    assert_eq!(outcome::judge(&ended), (format!("{} 0 ", origin.url("/")), false));
    let (busy, _) = fetch::fetch(curl(), &guest("pass"), &origin.url("/busy")).unwrap();
    assert!(outcome::judge(&busy).1);
    // The policy of the page denies loopback, and nothing is dialled.
    let forbidden = Origin::forbidden(Listen::default()).unwrap();
    let (denied, _) = fetch::fetch(policy::policy(None).unwrap(), &guest("pass"), &forbidden.url("/")).unwrap();
    let (line, again) = outcome::judge(&denied);
    assert!(line.ends_with("[policy]") && !again, "{line}");
    assert_eq!(forbidden.accepted(), 0);
}

#[test]
fn a_policy_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    fs::write(&file, "[limits]\nredirects = 1\n").unwrap();
    for (file, redirects) in [(None, 5), (Some(file.as_path()), 1)] {
        let policy = policy::policy(file).unwrap();
        let limits = policy.limits();
        assert_eq!(policy.kind(), PolicyKind::Tenant);
        assert_eq!(limits.get(Limit::Body), 1 << 20);
        assert_eq!(
            (limits.get(Limit::TotalTime), limits.get(Limit::Redirects)),
            (10_000, redirects)
        );
    }
}

#[test]
fn a_sink_and_a_source_of_ones_own() {
    let origin = http::serve(|request| match request.path() {
        "/text" => Response::ok("one\ntwo\nthree"),
        "/bytes" => Response::ok("one\n\0"),
        _ => Response::ok(request.body.clone()),
    })
    .unwrap();
    let host = host();
    for (path, code, count) in [("/text", 0, 3), ("/bytes", 23, 0)] {
        let lines = sink::Lines::default();
        let url = origin.url(path);
        let spec = TransferSpec {
            url,
            ..TransferSpec::default()
        };
        let ended = Transfer::new(&host, None, spec, Box::new(lines.clone())).unwrap().run();
        assert_eq!(
            (ended.code.number(), lines.count.load(Ordering::Relaxed)),
            (code, count)
        );
        assert!(code == 0 || ended.message == "the body is no text", "{}", ended.message);
    }
    let sent = upload::send(&host, &origin.url("/"), &b"sent in chunks"[..]).unwrap();
    assert_eq!((sent.code, sent.bytes.uploaded), (CurlCode::OK, 14));
    let request = origin.requests().pop().unwrap();
    assert_eq!(
        (request.method(), request.header("content-type"), &request.body[..]),
        ("PUT", Some("text/plain"), &b"sent in chunks"[..])
    );
}

#[test]
fn a_transfer_is_cancelled() {
    let (stop, stops) = channel();
    // It says nothing but asks for the end, which comes by the handle alone.
    let origin = Origin::serve(move |mut connection| {
        connection.expect_request()?;
        stop.send(()).map_err(std::io::Error::other)?;
        connection.wait_for_close()
    })
    .unwrap();
    let ended = cancel::until(&host(), &origin.url("/"), stops).unwrap();
    assert_eq!(ended.abort.map(|abort| abort.cause), Some(Cause::Cancelled));
}

#[test]
fn many_transfers_of_tenants() {
    let origin = http::serve(|request| Response::ok(request.path().to_owned())).unwrap();
    let cache = target_dir().join("tests-home/cache/transferhost");
    let (host, workers) = service::start(binary(), &cache).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    let port = origin.address().port();
    fs::write(
        &file,
        format!("[network]\nallow = [\"127.0.0.0/8\"]\nports = [{port}]\n"),
    )
    .unwrap();
    let opened = || policy::policy(Some(&file)).unwrap();
    let (tenant, plugin) = service::tenant(&host, "one", opened(), &guest("pass")).unwrap();
    let urls: Vec<String> = (0..30).map(|n| origin.url(&format!("/{n}"))).collect();
    let all = workers::fetch_all(&workers, &tenant, &plugin, &urls).unwrap();
    for (n, (ended, body)) in all.into_iter().enumerate() {
        assert_eq!(
            (ended.code, body),
            (CurlCode::OK, format!("/{n}").into_bytes()),
            "{}",
            ended.message
        );
    }
    let mut body = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let taken = stream::stream(&workers, &tenant, &plugin, &urls[7], async |piece| {
        body.extend_from_slice(piece)
    });
    let ended = runtime.block_on(taken).unwrap();
    assert_eq!((ended.code, &body[..]), (CurlCode::OK, &b"/7"[..]));
    workers.finish(None);
}
