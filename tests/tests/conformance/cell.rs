//! One cell: a transfer is run, and everything about its end is looked at.

use std::fs;

use transferhost::testing::Stub;
use transferhost::{Blame, Callback, Host, Limit, Outcome, Policy, PolicyKind, Ssh, TransferSpec};
use transferhost_tests::origin::Origin;
use transferhost_tests::request::Request;
use transferhost_tests::sshd::Sshd;

use crate::errand::{self, BODY, Errand, UPLOAD};
use crate::expected::{Fate, Guest, Row};
use crate::watched::{self, Watched};

const FUEL: u64 = 5_000_000;
const MEMORY: u64 = 32 << 20;
/// How long those may sleep that are to be cut.
const SHORT: u64 = 100;
/// Long enough for the others on any machine, so that only one limit can be reached.
const LONG: u64 = 20_000;

/// What all cells share.
pub(crate) struct Stage {
    origin: Origin,
    /// For what only a host that speaks SSH can show; not everywhere there is one.
    sshd: Option<Sshd>,
    patient: Host,
    hasty: Host,
}

/// What was seen, where it was right.
pub(crate) struct Seen {
    /// As the documentation shows it.
    pub(crate) text: String,
    /// The CURLcode.
    pub(crate) code: u32,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let host = |call_time| {
            let policy = Policy::new(PolicyKind::Curl).expect("the machine's own addresses");
            let limits = [
                (Limit::CallTime, call_time),
                (Limit::Fuel, FUEL),
                (Limit::Memory, MEMORY),
            ];
            watched::host(policy, &limits)
        };
        Self {
            origin: errand::origin(),
            sshd: Sshd::start().expect("an sshd").inspect(|sshd| {
                fs::write(sshd.file("body"), BODY).expect("a served file");
            }),
            patient: host(LONG),
            hasty: host(SHORT),
        }
    }

    /// Whether there is what this callback is called for.
    pub(crate) fn can_try(&self, callback: Callback) -> bool {
        callback != Callback::SshKey || self.sshd.is_some()
    }

    /// The transfer in which it is called.
    fn spec(&self, callback: Callback, errand: Errand) -> TransferSpec {
        let Some(sshd) = self.sshd.as_ref().filter(|_| callback == Callback::SshKey) else {
            return errand.spec(&self.origin);
        };
        let [_, private, _, public] = sshd.login();
        TransferSpec {
            url: sshd.url("sftp", "body"),
            ssh: Ssh {
                private_key: Some(private.into()),
                public_key: Some(public.into()),
                ..Ssh::default()
            },
            ..TransferSpec::default()
        }
    }

    /// The cell; where it is not what it must be, the reason, and what it was.
    pub(crate) fn observe(&self, callback: Callback, fate: Fate, guest: &Guest, row: &Row) -> Result<Seen, String> {
        let host = if fate == Fate::Deadline {
            &self.hasty
        } else {
            &self.patient
        };
        let plugin = host.load(&guest.path()).map_err(|error| format!("not run: {error}"))?;
        let origin = self.origin.address().to_string();
        let settings = guest.settings().iter();
        let spec = TransferSpec {
            config: settings
                .map(|(key, value)| ((*key).to_owned(), value.replace("ORIGIN", &origin)))
                .collect(),
            stub: Stub {
                panic_in: (fate == Fate::HostPanic).then_some(callback),
                ..Stub::default()
            },
            ..self.spec(callback, row.errand)
        };
        let before = self.origin.requests().len();
        let watched = watched::run(host, &plugin, spec)?;
        let text = shown(&watched.outcome, callback);
        let checked = check(&watched, callback, fate, row.code)
            .and_then(|()| check_sent(&self.origin.requests()[before..], callback, fate, row.errand));
        checked.map_err(|why| format!("{why}; it was {text}"))?;
        Ok(Seen {
            text,
            code: watched.outcome.code.number(),
        })
    }
}

/// A cell of the documentation.
fn shown(outcome: &Outcome, callback: Callback) -> String {
    let without_end = match callback {
        Callback::Start => "libcurl not begun",
        _ => "libcurl cut short",
    };
    let cause = outcome.abort.as_ref().map(|abort| format!("`{}`, ", abort.cause));
    let libcurl = outcome.libcurl_code.map(|code| format!("libcurl {code}"));
    format!(
        "{} {}, {}{}",
        outcome.code,
        outcome.name,
        cause.unwrap_or_default(),
        libcurl.as_deref().unwrap_or(without_end)
    )
}

fn check(watched: &Watched, callback: Callback, fate: Fate, code: u32) -> Result<(), String> {
    let outcome = &watched.outcome;
    let code = if fate == Fate::Ok { 0 } else { code };
    same("the code", outcome.code.number(), code)?;
    same("the code's name", outcome.name, outcome.code.name())?;
    let abort = outcome.abort.as_ref();
    let cause = abort.map(|abort| abort.cause.to_string());
    same("the cause", cause.as_deref(), fate.cause())?;
    same("a message", outcome.message.is_empty(), fate == Fate::Ok)?;
    if let Some(abort) = abort {
        same("the callback", abort.callback, Some(callback))?;
        let blame = match fate {
            Fate::HostPanic => Blame::Host,
            _ => Blame::Guest,
        };
        same("the blame", abort.blame, blame)?;
        let limit = match fate {
            Fate::OutOfFuel => Some(FUEL),
            Fate::Deadline => Some(SHORT),
            Fate::Memory => Some(MEMORY),
            _ => None,
        };
        same("the limit", abort.limit, limit)?;
    }
    let calls = watched.calls(callback.name());
    match fate {
        Fate::Ok if calls == 0 => return Err("the guest was never asked".to_owned()),
        Fate::Ok => {}
        // A host that panics has not come as far as the guest.
        Fate::HostPanic => same("the calls", calls, 0)?,
        // The first cause is the last call.
        _ => same("the calls", calls, 1)?,
    }
    let comes_after_the_body = matches!(callback, Callback::WriteEnd | Callback::Closesocket | Callback::Done);
    let body = if fate == Fate::Ok || comes_after_the_body {
        BODY
    } else {
        b""
    };
    same("what was delivered", watched.delivered(), body.to_vec())?;
    same("the count of it", outcome.bytes.delivered, body.len() as u64)?;
    if !matches!(fate, Fate::Ok | Fate::HostPanic) {
        same("what was delivered after the cause", watched.delivered_last(), 0)?;
    }
    Ok(())
}

/// What the origin got: all of an errand that went well, and of one that was ended in the middle not its second half.
fn check_sent(requests: &[Request], callback: Callback, fate: Fate, errand: Errand) -> Result<(), String> {
    let last = if errand.brings() { "/upload" } else { "/" };
    let last = requests.iter().filter(|request| request.path() == last);
    let bodies: Vec<&[u8]> = last.map(|request| request.body.as_slice()).collect();
    let expected: &[u8] = match callback {
        // The guest's own bytes.
        Callback::Read => b"xxxxx",
        _ if errand.brings() => UPLOAD,
        _ => b"",
    };
    match fate {
        _ if callback == Callback::SshKey => same("the requests", requests.len(), 0),
        Fate::Ok => same("the requests", bodies, vec![expected]),
        _ if errand != Errand::Fetch => same("the requests", bodies, Vec::new()),
        _ => Ok(()),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, should: T) -> Result<(), String> {
    if is == should {
        Ok(())
    } else {
        Err(format!("{what} must be {should:?} and is {is:?}"))
    }
}
