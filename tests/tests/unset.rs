//! Unset: a callback that the plugin exports is left to libcurl, from the beginning or from a moment of the transfer on.

use std::fs;

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use transferhost::{Body, Callback, Direction, Source, TransferSpec};
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::hostile;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;
use transferhost_tests::sshd::Sshd;

#[path = "kit/puppet.rs"]
mod puppet;
#[allow(dead_code, reason = "handle.rs uses the rest of it")]
#[path = "kit/underway.rs"]
mod underway;

use puppet::Puppet;
use underway::Underway;

const BODY: &str = "as if there were no plugin\n";

/// Sends on what goes to `/moved`, an upload too.
fn origin() -> Origin {
    http::serve(|request| match request.path() {
        "/moved" => Response::redirect(307, "/"),
        _ => Response::ok(BODY),
    })
    .unwrap()
}

fn uploads(callback: Callback) -> bool {
    matches!(callback, Callback::Read | Callback::Seek | Callback::Ioctl)
}

fn path(callback: Callback) -> &'static str {
    if uploads(callback) || callback == Callback::Redirect {
        "/moved"
    } else {
        "/"
    }
}

fn abort_in(callback: Callback) -> std::path::PathBuf {
    hostile(&format!("abort-{callback}"))
}

fn run(plugin: &Path, ours: &[&str], curls: &[&str]) -> (Ended, Value) {
    let ended = Transferhost::run()
        .args(ours)
        .args(["--outcome", "-"])
        .arg(plugin)
        .args(["-sS", "-L"])
        .args(curls)
        .end();
    let told = outcome::of(&ended);
    (ended, told)
}

#[test]
fn each_callback_can_be_left_to_libcurl() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "an upload").unwrap();
    let file = &*file.to_string_lossy();
    // A key is judged over SSH only: below.
    let over_http = Callback::ALL.into_iter().filter(|it| *it != Callback::SshKey);
    for callback in over_http {
        let url = &*origin.url(path(callback));
        let curls: &[&str] = if uploads(callback) { &["-T", file, url] } else { &[url] };
        let plugin = abort_in(callback);
        let (ended, told) = run(&plugin, &[], curls);
        assert_eq!(told["abort"]["callback"], callback.name(), "{}", ended.stderr);
        assert_eq!(told["abort"]["cause"], "guest-abort", "{callback}");
        let (ended, told) = run(&plugin, &["--without", callback.name()], curls);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), BODY),
            "{callback}: {}",
            ended.stderr
        );
        assert_eq!(outcome::calls(&told, callback.name()), 0, "{callback}");
        assert_eq!(told["abort"], Value::Null, "{callback}");
        if uploads(callback) {
            assert_eq!(origin.requests().pop().unwrap().text(), "an upload", "{callback}");
        }
    }
}

#[test]
fn ssh_key_can_be_left_to_libcurl() {
    let Some(sshd) = Sshd::start().unwrap() else {
        return;
    };
    fs::write(sshd.file("body"), BODY).unwrap();
    let folder = TempDir::new().unwrap();
    let known = folder.path().join("known_hosts");
    fs::write(&known, sshd.known_line(sshd.key())).unwrap();
    let (known, url) = (&*known.to_string_lossy(), &*sshd.url("sftp", "body"));
    let login = sshd.login();
    let login: Vec<&str> = login.iter().map(String::as_str).collect();
    let curls = [&login[..], &["--knownhosts", known, url]].concat();
    let plugin = abort_in(Callback::SshKey);
    let (ended, told) = run(&plugin, &[], &curls);
    assert_eq!(outcome::end(&told), (60, Some("guest-abort")), "{}", ended.stderr);
    let (ended, told) = run(&plugin, &["--without", "ssh-key"], &curls);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), BODY),
        "{}",
        ended.stderr
    );
    assert_eq!(outcome::calls(&told, "ssh-key"), 0);
}

#[test]
fn what_is_left_to_libcurl_must_be_there() {
    let plugin = abort_in(Callback::Write);
    for (name, words) in [("header", "does not export it"), ("wite", "did you mean write?")] {
        let ended = Transferhost::run()
            .args(["--without", name])
            .arg(&plugin)
            .arg("http://127.0.0.1:9/")
            .end();
        assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

fn spec(callback: Callback, origin: &Origin) -> impl FnOnce() -> TransferSpec + Send + 'static {
    let url = origin.url(path(callback));
    move || TransferSpec {
        url,
        follow: true,
        body: if uploads(callback) {
            Body::Upload(Source::bytes(b"an upload".to_vec()))
        } else {
            Body::None
        },
        ..TransferSpec::default()
    }
}

/// In the specification, and on the transfer before it runs, when `start` was called already.
#[test]
fn in_the_library_before_the_transfer() {
    let origin = origin();
    for callback in Callback::ALL {
        let plugin = abort_in(callback);
        let of = spec(callback, &origin);
        let without = move || TransferSpec {
            without: vec![callback],
            ..of()
        };
        let by_spec = Underway::start(Some(&plugin), without, |_| {});
        let by_transfer = Underway::start(Some(&plugin), spec(callback, &origin), move |transfer| {
            transfer.unset(callback);
        });
        for (how, transfer) in [("spec", by_spec), ("transfer", by_transfer)] {
            let over = transfer.end();
            if (how, callback) == ("transfer", Callback::Start) {
                assert_eq!(over.end(), (42, Some("guest-abort".to_owned())));
                continue;
            }
            assert_eq!(
                over.end(),
                (0, None),
                "{callback} by the {how}: {}",
                over.outcome.message
            );
            assert_eq!(over.body, BODY.as_bytes(), "{callback} by the {how}");
            assert_eq!(over.called(callback.name()), 0, "{callback} by the {how}");
        }
    }
}

/// The body waits at the door while the guest that would refuse it is taken away.
#[test]
fn while_it_is_held() {
    let origin = origin();
    let plugin = abort_in(Callback::Write);
    for unset in [false, true] {
        let transfer = Underway::start(Some(&plugin), spec(Callback::Write, &origin), |transfer| {
            transfer.handle().pause(Direction::Receive);
        });
        transfer.settle();
        assert!(!origin.requests().is_empty(), "it is under way");
        if unset {
            transfer.handle.unset(Callback::Write);
        }
        transfer.handle.unpause(Direction::Receive);
        let over = transfer.end();
        if unset {
            assert_eq!((over.end(), &over.body[..]), ((0, None), BODY.as_bytes()));
            assert_eq!(over.called("write"), 0, "{:?}", over.calls);
        } else {
            assert_eq!(over.end(), (23, Some("guest-abort".to_owned())));
        }
    }
}

/// The guest pauses first and would abort then: between the two it is taken away, at the moment of its answer.
#[test]
fn while_the_guest_pauses() {
    let origin = origin();
    let pauses_then_aborts = "
        (if (i32.eq (call $next) (i32.const 1)) (then (return (call $case (i32.const 3) (i32.const 500)))))
        call $no";
    for callback in [Callback::Header, Callback::Write] {
        let plugin = Puppet::new(&[(callback.name(), pauses_then_aborts)]);
        for unset in [false, true] {
            let transfer = Underway::told(
                Some(plugin.path()),
                spec(callback, &origin),
                |_| {},
                move |handle, _| {
                    if unset {
                        handle.unset(callback);
                    }
                },
            );
            let over = transfer.end();
            if unset {
                assert_eq!((over.end(), &over.body[..]), ((0, None), BODY.as_bytes()), "{callback}");
                assert_eq!(over.called(callback.name()), 1, "{:?}", over.calls);
            } else {
                assert_eq!(over.end(), (23, Some("guest-abort".to_owned())), "{callback}");
            }
        }
    }
}

/// At its last answer before the end, when there is no turn of the loop left.
#[test]
fn what_comes_last_is_unset_on_the_way() {
    let origin = origin();
    let plugin = Puppet::new(&[("write", "call $ok"), ("write-end", "call $no")]);
    let transfer = Underway::told(
        Some(plugin.path()),
        spec(Callback::Write, &origin),
        |_| {},
        |handle, line| {
            if line.starts_with("write(") {
                handle.unset(Callback::WriteEnd);
            }
        },
    );
    let over = transfer.end();
    assert_eq!(
        (over.end(), &over.body[..]),
        ((0, None), BODY.as_bytes()),
        "{:?}",
        over.calls
    );
    assert_eq!((over.called("write"), over.called("write-end")), (1, 0));
}

#[test]
fn of_a_pair_the_other_takes_its_place() {
    let origin = origin();
    let plugin = Puppet::new(&[("progress", "call $no"), ("xferinfo", "call $ok")]);
    let transfer = Underway::start(Some(plugin.path()), spec(Callback::Xferinfo, &origin), |transfer| {
        transfer.unset(Callback::Xferinfo);
    });
    let over = transfer.end();
    assert_eq!(over.end(), (42, Some("guest-abort".to_owned())));
    assert_eq!(
        (over.called("xferinfo"), over.called("progress")),
        (0, 1),
        "{:?}",
        over.calls
    );
}

/// What the guest sent cannot be sent again once it is not asked any more where to begin.
#[test]
fn what_the_guest_sent_is_not_sent_again_without_it() {
    let origin = origin();
    let sends_no_each_time = "
        (if (result i32) (i32.and (call $next) (i32.const 1))
            (then (call $bytes (i32.const 1) (i32.const 1024) (i32.const 2)))
            (else (call $case (i32.const 2) (i32.const 0))))";
    let plugin = Puppet::new(&[("read", sends_no_each_time), ("seek", "call $ok")]);
    for unset in [false, true] {
        let before = origin.requests().len();
        let transfer = Underway::start(Some(plugin.path()), spec(Callback::Read, &origin), move |transfer| {
            if unset {
                transfer.unset(Callback::Seek);
            }
        });
        let over = transfer.end();
        let bodies: Vec<String> = origin.requests()[before..].iter().map(|it| it.text()).collect();
        if unset {
            assert_eq!(over.end(), (65, Some("refused".to_owned())), "{}", over.outcome.message);
            assert_eq!((over.called("seek"), &bodies[..1]), (0, &["no".to_owned()][..]));
        } else {
            assert_eq!((over.end(), bodies), ((0, None), vec!["no".to_owned(); 2]));
        }
    }
}
