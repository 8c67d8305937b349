//! Uploads: the operator's guest stands closest to the wire.

use transferhost::{Body, Source, TransferSpec};
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use crate::pair::{Ended, get, operator, run, settings};
use crate::puppet::Puppet;

/// Sends on what goes to `/moved`, the upload with it.
fn origin() -> Origin {
    http::serve(|request| match request.path() {
        "/moved" => Response::redirect(307, "/"),
        _ => Response::ok(""),
    })
    .unwrap()
}

const PASS: &str = "(call $ok)";
const EOF: &str = "(call $case (i32.const 2) (i32.const 0))";
/// The word "no", then the end.
const SEND: &str = "(if (result i32) (i32.eq (call $next) (i32.const 1))
    (then (call $bytes (i32.const 1) (i32.const 1024) (i32.const 2))) (else (call $case (i32.const 2) (i32.const 0))))";
/// Pauses once.
const PAUSE_FIRST: &str = "(if (result i32) (i32.eq (call $next) (i32.const 1))
    (then (call $case (i32.const 3) (i32.const 1))) (else (call $ok)))";
const FAIL: &str = "(call $case (i32.const 1) (i32.const 0))";

fn upload(origin: &Origin, path: &str, of_operator: &[(&str, &str)], of_tenant: &[(&str, &str)]) -> Ended {
    let (first, tenant) = (Puppet::new(of_operator), Puppet::new(of_tenant));
    let spec = TransferSpec {
        follow: true,
        body: Body::Upload(Source::bytes(b"an upload".to_vec())),
        ..get(&origin.url(path), operator(first.path(), &[]))
    };
    run(Some(tenant.path()), spec)
}

fn sent(origin: &Origin) -> String {
    let request = origin.settle().pop().unwrap();
    String::from_utf8_lossy(&request.body).into_owned()
}

#[test]
fn the_first_that_sends_is_the_one() {
    let origin = origin();
    for (of_operator, of_tenant, expected) in [
        (PASS, PASS, "an upload"),
        (PASS, SEND, "no"),
        (SEND, PASS, "no"),
        (EOF, SEND, ""),
        (PAUSE_FIRST, PASS, "an upload"),
        (PASS, PAUSE_FIRST, "an upload"),
    ] {
        let ended = upload(&origin, "/", &[("read", of_operator)], &[("read", of_tenant)]).delivered("");
        assert_eq!(sent(&origin), expected, "{ended}");
    }
    for (of_operator, calls) in [(SEND, 0), (EOF, 0)] {
        let ended = upload(&origin, "/", &[("read", of_operator)], &[("read", "(unreachable)")]).delivered("");
        assert_eq!(ended.of_tenant(), calls, "{ended}");
    }
}

#[test]
fn nothing_is_sent_past_the_operators_redactor() {
    let origin = origin();
    let first = || operator(&guest("upload-redactor"), &[("word", "upload")]);
    let with = |path: &str| TransferSpec {
        follow: true,
        body: Body::Upload(Source::bytes(b"an upload".to_vec())),
        ..get(&origin.url(path), first())
    };
    for path in ["/", "/moved"] {
        run(None, with(path)).delivered("");
        assert_eq!(sent(&origin), "an [redacted]");
    }
    let tenant = Puppet::new(&[("read", SEND), ("seek", PASS)]);
    for path in ["/", "/moved"] {
        let ended = run(Some(tenant.path()), with(path)).delivered("");
        assert_eq!(sent(&origin), "an [redacted]", "{ended}");
    }
}

#[test]
fn an_upload_begins_again_where_both_can() {
    let origin = origin();
    let ended = upload(
        &origin,
        "/moved",
        &[("read", PASS), ("seek", PASS)],
        &[("read", PASS), ("seek", PASS)],
    );
    let ended = ended.delivered("");
    assert_eq!(
        ended.calls_of("seek"),
        ["operator: seek(0) -> ok", "seek(0) -> ok"],
        "{ended}"
    );
    assert_eq!(sent(&origin), "an upload");
    // Who decides no `seek` cannot, whoever else can.
    for (of_operator, of_tenant, asked) in [
        (&[("read", PASS)][..], &[("read", PASS), ("seek", PASS)][..], 0),
        (&[("read", PASS), ("seek", PASS)], &[("read", PASS)], 1),
        (&[("seek", FAIL)], &[("seek", "(unreachable)")], 1),
        (&[("seek", PASS)], &[("seek", FAIL)], 2),
    ] {
        let ended = upload(&origin, "/moved", of_operator, of_tenant);
        let ended = ended.aborted(65, "seek", "refused", "puppet.wat");
        assert_eq!(ended.calls_of("seek").len(), asked, "{ended}");
    }
}

#[test]
fn ioctl_and_seek_are_each_guests_own_choice() {
    let origin = origin();
    let with = |first: &str, config: &[(&str, &str)]| TransferSpec {
        follow: true,
        body: Body::Upload(Source::bytes(b"an upload".to_vec())),
        config: settings(config),
        ..get(&origin.url("/moved"), operator(&hostile(first), config))
    };
    let (seeks, refuses) = (Puppet::new(&[("seek", PASS)]), hostile("refuse-ioctl"));
    // libcurl calls `seek`, and the one that exports `ioctl` is asked by that.
    let ended = run(Some(seeks.path()), with("refuse-ioctl", &[]));
    let ended = ended.aborted(65, "ioctl", "refused", "refuse_ioctl.wasm");
    assert_eq!(ended.of_tenant(), 0, "{ended}");
    let mut spec = with("refuse-ioctl", &[]);
    spec.operator = Some(operator(seeks.path(), &[]));
    let ended = run(Some(&refuses), spec);
    let ended = ended.aborted(65, "ioctl", "refused", "refuse_ioctl.wasm");
    assert_eq!(ended.calls_of("seek"), ["operator: seek(0) -> ok"], "{ended}");
    // One that reads and exports neither cannot begin again.
    let reads = Puppet::new(&[("read", PASS)]);
    let mut spec = with("refuse-ioctl", &[]);
    spec.operator = Some(operator(reads.path(), &[]));
    let ended = run(Some(&refuses), spec);
    let ended = ended.aborted(65, "ioctl", "refused", "puppet.wat");
    assert_eq!(ended.calls_of("ioctl").len(), 0, "{ended}");
}
