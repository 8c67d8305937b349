//! What is done with each job, from its line to its outcome.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Handle as Runtime;

use super::Events;
use super::begin::Wrong;
use super::id::JobId;
use super::job::{Fault, Job, sentence};
use super::outcomes::{Body, Outcomes, Told};
use super::plugins::{Key, Loaded, Plugins};
use super::progress::{Log, Tally};
use super::room::Place;
use super::tenants::Tenants;
use crate::cause::Cause;
use crate::curl::CurlCode;
use crate::guest::Plugin;
use crate::sink::MemorySink;
use crate::transfer::{Handle, Operator, Outcome, Workers};

/// The desk.
pub(super) struct Desk {
    pub(super) tenants: Tenants,
    pub(super) plugins: Plugins,
    pub(super) workers: Workers,
    pub(super) operator: Option<Operator>,
    pub(super) outcomes: Outcomes,
    pub(super) events: Events,
    pub(super) runtime: Runtime,
    /// The largest body that an outcome holds.
    pub(super) inline: u64,
    /// Where what is told of a job goes, if anywhere.
    pub(super) log: Option<Log>,
    pub(super) tally: Tally,
    pub(super) flights: HashMap<u64, Flight>,
    pub(super) next: u64,
}

/// A job that the workers have.
pub(super) struct Flight {
    pub(super) id: JobId,
    pub(super) tenant: String,
    pub(super) handle: Handle,
    /// The body that its outcome shall hold.
    pub(super) kept: Option<MemorySink>,
    /// What came of it, as it comes.
    pub(super) bytes: Arc<AtomicU64>,
    /// It was not to begin any more.
    pub(super) withdrawn: bool,
    pub(super) _place: Option<Place>,
}

impl Desk {
    /// A job came.
    pub(super) fn take(&mut self, job: Job) -> anyhow::Result<()> {
        let known = match self.tenants.find(&job.tenant) {
            Ok(known) => known,
            Err(wrong) => return self.refuse(&job, wrong),
        };
        known.jobs += 1;
        let file = match known.asked(job.plugin.as_deref()) {
            Ok(Some(file)) => file,
            Ok(None) => return self.begin(job, None),
            Err(why) => return self.give_up(&job, why.into()),
        };
        if let Some(loaded) = known.plugin(&file) {
            return self.begin_with(job, loaded);
        }
        if !self.plugins.awaits(&job.tenant, &file) {
            known.make_room();
        }
        self.plugins.wait(job, &known.tenant, file);
        Ok(())
    }

    /// A line was none.
    pub(super) fn fault(&mut self, fault: &Fault) -> anyhow::Result<()> {
        let outcome = Outcome::unbegun(&fault.url, CurlCode::FAILED_INIT, fault.what.clone(), None);
        self.tally.ended(&outcome, 0);
        self.outcomes.write(&Told {
            id: &fault.id,
            tenant: fault.tenant.as_deref(),
            line: Some(fault.line),
            outcome: &outcome,
            body: None,
        })
    }

    /// A plugin was loaded, or not.
    pub(super) fn loaded(&mut self, key: Key, loaded: &Loaded) -> anyhow::Result<()> {
        let jobs = self.plugins.loaded(&key);
        let lasts = loaded.as_ref().err().is_none_or(|why| why.is_lasting());
        if let Some(known) = self.tenants.get(&key.0).filter(|_| lasts) {
            known.keep(key.1, loaded.clone());
        }
        jobs.into_iter()
            .try_for_each(|job| self.begin_with(job, loaded.clone()))
    }

    fn begin_with(&mut self, job: Job, loaded: Loaded) -> anyhow::Result<()> {
        match loaded {
            Ok(plugin) => self.begin(job, Some(plugin)),
            Err(why) => {
                let outcome = why.outcome(&job.spec.url);
                self.left(&job.tenant);
                self.tell(&job.id, &job.tenant, &outcome, None, 0)
            }
        }
    }

    fn begin(&mut self, mut job: Job, plugin: Option<Plugin>) -> anyhow::Result<()> {
        match self.submit(&mut job, plugin) {
            Ok(()) => Ok(()),
            Err(wrong) => self.give_up(&job, wrong),
        }
    }

    /// A transfer ended; whether it was one that was to begin.
    pub(super) fn ended(&mut self, number: u64, outcome: &Outcome) -> anyhow::Result<bool> {
        let Some(flight) = self.flights.remove(&number) else {
            return Ok(true);
        };
        self.left(&flight.tenant);
        let cancelled = outcome
            .abort
            .as_ref()
            .is_some_and(|abort| abort.cause == Cause::Cancelled);
        if flight.withdrawn && cancelled {
            return Ok(false);
        }
        let kept = flight.kept.filter(|_| outcome.code == CurlCode::OK);
        let body = kept.map(|kept| Body::of(kept.take()));
        let bytes = flight.bytes.load(Ordering::Relaxed);
        self.tell(&flight.id, &flight.tenant, outcome, body, bytes)?;
        Ok(true)
    }

    /// Withdraws all that has not begun, and says how many jobs of them will have no outcome by now.
    pub(super) fn withdraw(&mut self) -> u64 {
        let waiting = self.plugins.clear();
        waiting.iter().for_each(|job| self.left(&job.tenant));
        for flight in self.flights.values_mut().filter(|flight| !flight.handle.has_begun()) {
            flight.withdrawn = true;
            flight.handle.cancel();
        }
        waiting.len() as u64
    }

    /// Cancels all that runs.
    pub(super) fn cancel(&self) {
        self.flights.values().for_each(|flight| flight.handle.cancel());
    }

    /// Transfers that run, and bytes that have come of them.
    pub(super) fn running(&self) -> (usize, u64) {
        let running = self.flights.values().filter(|flight| flight.handle.has_begun());
        running.fold((0, 0), |(count, bytes), flight| {
            (count + 1, bytes + flight.bytes.load(Ordering::Relaxed))
        })
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.flights.is_empty() && self.plugins.waiting() == 0
    }

    fn give_up(&mut self, job: &Job, wrong: Wrong) -> anyhow::Result<()> {
        self.left(&job.tenant);
        self.refuse(job, wrong)
    }

    fn refuse(&mut self, job: &Job, wrong: Wrong) -> anyhow::Result<()> {
        let (why, abort) = match wrong {
            Wrong::Said(why) => (why, None),
            Wrong::Aborted(why, abort) => (why, Some(*abort)),
        };
        let outcome = Outcome::unbegun(&job.spec.url, CurlCode::FAILED_INIT, sentence(&why), abort);
        self.tell(&job.id, &job.tenant, &outcome, None, 0)
    }

    fn left(&mut self, tenant: &str) {
        if let Some(known) = self.tenants.get(tenant) {
            known.jobs = known.jobs.saturating_sub(1);
        }
    }

    fn tell(
        &mut self,
        id: &JobId,
        tenant: &str,
        outcome: &Outcome,
        body: Option<Body>,
        bytes: u64,
    ) -> anyhow::Result<()> {
        self.tally.ended(outcome, bytes);
        self.outcomes.write(&Told {
            id,
            tenant: Some(tenant),
            line: None,
            outcome,
            body,
        })
    }
}
