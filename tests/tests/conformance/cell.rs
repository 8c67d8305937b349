//! One cell: a transfer is run, and everything about its end is looked at.

use transferhost::{Blame, Callback, Host, Limit, Outcome, Policy, PolicyKind, TransferSpec};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use crate::expected::{Fate, Guest};
use crate::watched::{self, Watched};

const BODY: &[u8] = b"a short body\n";
const FUEL: u64 = 5_000_000;
const MEMORY: u64 = 32 << 20;
/// How long those may sleep that are to be cut.
const SHORT: u64 = 100;
/// Long enough for the others on any machine, so that only one limit can be reached.
const LONG: u64 = 20_000;

/// What all cells share.
pub(crate) struct Stage {
    origin: Origin,
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
            origin: http::serve(|_| Response::ok(BODY)).expect("an origin"),
            patient: host(LONG),
            hasty: host(SHORT),
        }
    }

    /// The cell; where it is not what it must be, the reason, and what it was.
    pub(crate) fn observe(&self, callback: Callback, fate: Fate, guest: &Guest, code: u32) -> Result<Seen, String> {
        let host = if fate == Fate::Deadline {
            &self.hasty
        } else {
            &self.patient
        };
        let plugin = host.load(&guest.path()).map_err(|error| format!("not run: {error}"))?;
        let origin = self.origin.address().to_string();
        let settings = guest.settings().iter();
        let spec = TransferSpec {
            url: self.origin.url("/"),
            config: settings
                .map(|(key, value)| ((*key).to_owned(), value.replace("ORIGIN", &origin)))
                .collect(),
            panic_in: (fate == Fate::HostPanic).then_some(callback),
            ..TransferSpec::default()
        };
        let watched = watched::run(host, &plugin, spec)?;
        let text = shown(&watched.outcome);
        check(&watched, callback, fate, code).map_err(|why| format!("{why}; it was {text}"))?;
        Ok(Seen {
            text,
            code: watched.outcome.code.number(),
        })
    }
}

/// A cell of the documentation.
fn shown(outcome: &Outcome) -> String {
    let cause = outcome.abort.as_ref().map(|abort| format!("`{}`, ", abort.cause));
    let libcurl = outcome.libcurl_code.map(|code| format!("libcurl {code}"));
    format!(
        "{} {}, {}{}",
        outcome.code,
        outcome.name,
        cause.unwrap_or_default(),
        libcurl.as_deref().unwrap_or("libcurl not begun")
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
    let comes_after_the_body = matches!(callback, Callback::WriteEnd | Callback::Done);
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

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, should: T) -> Result<(), String> {
    if is == should {
        Ok(())
    } else {
        Err(format!("{what} must be {should:?} and is {is:?}"))
    }
}
