//! Whatever ends the transfer in either guest ends it as with that guest alone, names its plugin, and neither is entered
//! again.

use std::path::Path;

use transferhost::{Body, Callback, Limit, Limits, Operator, Source, TransferSpec};
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use crate::pair::{Ended, get, load, operator, run};

const CAUSES: [(&str, &str); 3] = [("abort", "guest-abort"), ("trap", "trap"), ("loop", "out-of-fuel")];

/// Sends on what goes to `/moved`, an upload too.
fn origin() -> Origin {
    http::serve(|request| match request.path() {
        "/moved" => Response::redirect(307, "/"),
        _ => Response::ok("body"),
    })
    .unwrap()
}

fn spec(origin: &Origin, callback: Callback, first: Option<Operator>) -> TransferSpec {
    let uploads = matches!(callback, Callback::Read | Callback::Seek | Callback::Ioctl);
    TransferSpec {
        url: origin.url("/moved"),
        follow: true,
        body: match uploads {
            true => Body::Upload(Source::bytes(b"an upload".to_vec())),
            false => Body::None,
        },
        operator: first,
        ..TransferSpec::default()
    }
}

/// Each callback with a plugin of each end, where the bundled libcurl can call it.
fn each(mut check: impl FnMut(&Origin, Callback, &Path, &str)) {
    let origin = origin();
    for callback in Callback::ALL.into_iter().filter(|it| *it != Callback::SshKey) {
        for (end, cause) in CAUSES {
            check(&origin, callback, &hostile(&format!("{end}-{callback}")), cause);
        }
    }
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// With less fuel than the policy's: a loop ends the sooner.
fn quick(path: &Path) -> Operator {
    let mut limits = Limits::curl();
    limits.set(Limit::Fuel, 2_000_000);
    Operator {
        limits,
        ..operator(path, &[])
    }
}

fn calls(ended: &Ended, callback: Callback) -> (u64, u64) {
    let of = |report: &Option<transferhost::GuestReport>| {
        let calls = report.as_ref().and_then(|report| report.calls.get(callback.name()));
        calls.map_or(0, |calls| calls.count)
    };
    (of(&ended.outcome.operator), of(&ended.outcome.guest))
}

#[test]
fn of_the_operators() {
    each(|origin, callback, path, cause| {
        let alone = run(Some(path), spec(origin, callback, None));
        let code = alone.outcome.code.number();
        // The other would end it too, if it were asked.
        let second = hostile(&format!("abort-{callback}"));
        let ended = run(Some(&second), spec(origin, callback, Some(quick(path))));
        let ended = ended.aborted(code, callback.name(), cause, name(path));
        assert_eq!(calls(&ended, callback), (1, 0), "{}: {ended}", path.display());
    });
}

#[test]
fn of_the_tenants() {
    // It hears of all that there is to be told, and decides nothing.
    let tracer = guest("json-tracer");
    each(|origin, callback, path, cause| {
        let alone = run(Some(path), spec(origin, callback, None));
        let code = alone.outcome.code.number();
        let ended = run(Some(path), spec(origin, callback, Some(operator(&tracer, &[]))));
        let ended = ended.aborted(code, callback.name(), cause, name(path));
        assert_eq!(calls(&ended, callback).1, 1, "{}: {ended}", path.display());
        // The last call of all was the one that failed.
        let last = ended.calls.last().unwrap();
        assert!(last.starts_with(&format!("{callback}(")), "{ended}");
    });
}

#[test]
fn a_plugin_may_be_both() {
    let origin = origin();
    let plugin = guest("pass");
    let ended = run(Some(&plugin), get(&origin.url("/"), operator(&plugin, &[]))).delivered("body");
    assert_eq!(calls(&ended, Callback::Write), (1, 1), "{ended}");
    assert_eq!(
        load(&plugin).digest(),
        ended.outcome.operator.unwrap().digest,
        "one file"
    );
}
