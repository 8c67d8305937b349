//! How a job begins: what its specification lacks yet, and where its body goes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::Event;
use super::desk::{Desk, Flight};
use super::folder;
use super::job::{Job, Output};
use super::output::{Beneath, Counted, To};
use super::tenants::Known;
use crate::cause::Cause;
use crate::escape::escape;
use crate::guest::Plugin;
use crate::limits;
use crate::sink::MemorySink;
use crate::transfer::{self, Abort, LineObserver, Source, SubmitError};

/// How a job cannot begin.
pub(super) enum Wrong {
    /// One sentence.
    Said(String),
    /// With what stands in the outcome's `abort`.
    Aborted(String, Box<Abort>),
}

impl Wrong {
    /// As many of something are there as there may be: later there may be room.
    pub(super) fn full(why: String, most: u64) -> Wrong {
        let abort = Abort {
            limit: Some(most),
            used: Some(most),
            ..Abort::of(Cause::Quota)
        };
        Wrong::Aborted(why, Box::new(abort))
    }
}

impl From<String> for Wrong {
    fn from(why: String) -> Wrong {
        Wrong::Said(why)
    }
}

impl Desk {
    /// Gives the job to the workers.
    pub(super) fn submit(&mut self, job: &mut Job, plugin: Option<Plugin>) -> Result<(), Wrong> {
        let known = self.tenants.get(&job.tenant).ok_or("its tenant is gone".to_owned())?;
        known.complete(job)?;
        job.spec.operator = self.operator.clone();
        if let Some(says) = &self.log {
            let (says, whose) = (says.clone(), escape(&format!("{} {}", job.tenant, job.id)));
            let line: LineObserver = Arc::new(move |line: &str| says.say(&format!("{whose}: {line}")));
            job.spec.observer.prints = Some(Arc::clone(&line));
            job.spec.observer.operator_prints = Some(Arc::clone(&line));
            job.spec.observer.denials = Some(line);
        }
        let to = match &job.output {
            Output::Nowhere => To::Nowhere,
            Output::Inline => {
                let bound = usize::try_from(self.inline).unwrap_or(usize::MAX);
                To::Kept(MemorySink::new(bound), self.inline)
            }
            Output::File(path) => {
                let folder = known.output.as_ref();
                let folder = folder.ok_or("the policy file names no folder of outputs (batch.output)".to_owned());
                let file = folder.and_then(|folder| Beneath::new(folder, path));
                To::File(file.map_err(|why| format!("`output`: {why}"))?)
            }
        };
        let kept = match &to {
            To::Kept(kept, _) => Some(kept.clone()),
            _ => None,
        };
        let bytes = Arc::new(AtomicU64::new(0));
        let submitted = self.workers.submit(transfer::Job {
            tenant: known.tenant.clone(),
            plugin,
            spec: std::mem::take(&mut job.spec),
            sink: Box::new(Counted {
                bytes: Arc::clone(&bytes),
                to,
            }),
        });
        let submitted = submitted.map_err(|error| Wrong::of(&error))?;
        let (number, events) = (self.next, self.events.clone());
        self.next += 1;
        let flight = Flight {
            id: job.id.clone(),
            tenant: job.tenant.clone(),
            handle: submitted.handle().clone(),
            kept,
            bytes,
            withdrawn: false,
            _place: job.place.take(),
        };
        self.flights.insert(number, flight);
        self.runtime.spawn(async move {
            let outcome = submitted.await;
            // Nobody waits for it where the batch has ended.
            let _ = events.send(Event::Ended(number, Box::new(outcome)));
        });
        Ok(())
    }
}

impl Wrong {
    fn of(error: &SubmitError) -> Wrong {
        let SubmitError::QueueFull { most, .. } = error else {
            return Wrong::Said(error.to_string());
        };
        Wrong::full(error.to_string(), *most)
    }
}

impl Known {
    /// The file of the plugin that a job asks for, or else that of its tenant's.
    pub(super) fn asked(&self, plugin: Option<&str>) -> Result<Option<PathBuf>, String> {
        match plugin {
            Some(plugin) => folder::beneath(plugin)
                .map(Some)
                .map_err(|why| format!("`plugin`: {why}")),
            None => Ok(self.plugin.clone()),
        }
    }

    /// What the job's specification lacks yet: its limits, and the file that it sends.
    fn complete(&self, job: &mut Job) -> Result<(), String> {
        if !job.limits.is_empty() {
            let mut limits = self.tenant.policy().limits().clone();
            for (key, value) in &job.limits {
                if limits::find(key).is_some_and(|(limit, _)| limit.is_of_loading()) {
                    return Err(format!(
                        "`limits`: a plugin is loaded for all jobs of a tenant: set {key} in the policy file"
                    ));
                }
                let tightened = limits.tighten_text(key, value);
                tightened.map_err(|why| format!("`limits`: {}", escape(&why)))?;
            }
            job.spec.limits = Some(limits);
        }
        if let Some(path) = &job.body_file {
            let folder = self
                .bodies
                .as_ref()
                .ok_or("`body_file`: the policy file names no folder of bodies (batch.bodies)")?;
            let file = folder::beneath(path).and_then(|path| folder.read(&path));
            let source = file.and_then(|file| Source::file(file).map_err(|error| error.to_string()));
            job.spec.body = transfer::Body::Upload(source.map_err(|why| format!("`body_file`: {why}"))?);
        }
        Ok(())
    }
}
