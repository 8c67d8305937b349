//! A transfer that is watched: what the guest was asked and what was delivered, in the order in which it happened.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use transferhost::{Host, Limit, Observer, Outcome, Plugin, Policy, Sink, Transfer, TransferSpec};
use transferhost_tests::command::loader;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A guest was called; the line that `--trace-calls` shows.
    Called(String),
    /// So many bytes went to the sink.
    Delivered(Vec<u8>),
}

/// A transfer that has ended.
pub(crate) struct Watched {
    pub(crate) outcome: Outcome,
    pub(crate) events: Vec<Event>,
}

impl Watched {
    /// All that was delivered.
    pub(crate) fn delivered(&self) -> Vec<u8> {
        let delivered = self.events.iter().filter_map(|event| match event {
            Event::Delivered(bytes) => Some(bytes.as_slice()),
            Event::Called(_) => None,
        });
        delivered.collect::<Vec<_>>().concat()
    }

    /// How many bytes were delivered after the last call of the guest.
    pub(crate) fn delivered_last(&self) -> usize {
        let last = self.events.iter().rev().map_while(|event| match event {
            Event::Delivered(bytes) => Some(bytes.len()),
            Event::Called(_) => None,
        });
        last.sum()
    }

    /// How often the guest was asked.
    pub(crate) fn calls(&self, callback: &str) -> u64 {
        let guest = self.outcome.guest.as_ref();
        guest
            .and_then(|guest| guest.calls.get(callback))
            .map_or(0, |calls| calls.count)
    }
}

/// Runs a transfer to its end; an error where a panic left the library.
pub(crate) fn run(host: &Host, plugin: &Plugin, mut spec: TransferSpec) -> Result<Watched, String> {
    let log = Log::default();
    let calls = log.clone();
    spec.observer = Observer {
        calls: Some(Arc::new(move |line: &str| calls.add(Event::Called(line.to_owned())))),
        ..Observer::default()
    };
    let sink = Box::new(log.clone());
    let run = || Transfer::new(host, Some(plugin), spec, sink).map(Transfer::run);
    let outcome = catch_unwind(AssertUnwindSafe(run)).map_err(|_| "a panic that left the library".to_owned())?;
    Ok(Watched {
        outcome: outcome.map_err(|error| format!("no transfer: {error}"))?,
        events: log.0.lock().unwrap_or_else(PoisonError::into_inner).clone(),
    })
}

/// A host with these limits. Hosts share the compiled plugins with each other and with the binary under test.
pub(crate) fn host(mut policy: Policy, limits: &[(Limit, u64)]) -> Host {
    for (limit, value) in limits {
        policy.limits_mut().set(*limit, *value);
    }
    Host::new(policy, loader()).expect("an engine")
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Event>>>);

impl Log {
    fn add(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

impl Sink for Log {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.add(Event::Delivered(bytes.to_vec()));
        Ok(())
    }
}
