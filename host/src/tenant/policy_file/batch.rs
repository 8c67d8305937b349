//! The table `[batch]`.

use std::num::NonZero;
use std::path::PathBuf;

use serde::Deserialize;

use super::BatchKeys;
use super::sections::{Value, text_of};
use super::text::Text;
use crate::escape::escape;
use crate::limits::{self, Unit};
use crate::tenant::policy::PolicyError;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BatchTable {
    output: Option<PathBuf>,
    bodies: Option<PathBuf>,
    plugins: Option<PathBuf>,
    inline: Option<Value>,
    line: Option<Value>,
    jobs: Option<Value>,
    memory: Option<Value>,
    workers: Option<Value>,
    guests: Option<Value>,
    loads: Option<Value>,
    load_memory: Option<Value>,
    unknown_tenants: Option<Unknown>,
}

/// The most jobs and guests; no process has as many.
const MOST: usize = 1_000_000;
/// The most workers, and loads in the fast lane: no machine has as many processors.
const MOST_THREADS: usize = 1_024;

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Unknown {
    Refuse,
    Defaults,
}

impl BatchTable {
    /// What the batch does, by the file or by default.
    pub(super) fn read(self, names_tenants: bool, text: &Text) -> Result<BatchKeys, PolicyError> {
        let number = |key: &str, unit, value: &Option<Value>, default: u64| match value {
            None => Ok(default),
            Some(value) => limits::read(key, unit, default, &text_of(key, value, text)?)
                .map_err(|why| text.wrong(Some(value.span()), &escape(&why))),
        };
        let count = |key: &str, value: &Option<Value>, default: usize, most: usize| {
            let count = number(key, Unit::Count, value, default as u64)?;
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            match value {
                Some(value) if count > most => Err(text.wrong(
                    Some(value.span()),
                    &format!("`{count}` is too much for {key}: give a number up to {most}"),
                )),
                _ => Ok(count),
            }
        };
        let size = |key, value, default| number(key, Unit::Bytes, value, default);
        let default = BatchKeys::default();
        let jobs = count("jobs", &self.jobs, default.jobs, MOST)?;
        let workers = count("workers", &self.workers, default.workers, MOST_THREADS)?;
        let guests = count("guests", &self.guests, jobs, MOST)?;
        if let Some(fewer) = self.guests.as_ref().filter(|_| guests < jobs) {
            // A job has no guest to wait for: one that finds none fails.
            return Err(text.wrong(
                Some(fewer.span()),
                &format!("guests: {guests} are fewer than the {jobs} jobs, each of which may have a guest: set jobs to {guests} too"),
            ));
        }
        Ok(BatchKeys {
            output: self.output,
            bodies: self.bodies,
            plugins: self.plugins.unwrap_or(default.plugins),
            inline: size("inline", &self.inline, default.inline)?,
            line: size("line", &self.line, default.line)?,
            jobs,
            memory: size("memory", &self.memory, default.memory)?,
            workers,
            guests,
            loads: count("loads", &self.loads, default.loads, MOST_THREADS)?,
            load_memory: size("load-memory", &self.load_memory, default.load_memory)?,
            refuses_unknown: match self.unknown_tenants {
                Some(unknown) => unknown == Unknown::Refuse,
                None => names_tenants,
            },
        })
    }
}

impl Default for BatchKeys {
    fn default() -> BatchKeys {
        let jobs = 1_000;
        BatchKeys {
            output: None,
            bodies: None,
            plugins: PathBuf::from("."),
            inline: 64 << 10,
            line: 1 << 20,
            jobs,
            memory: 64 << 20,
            workers: std::thread::available_parallelism().map_or(1, NonZero::get),
            guests: jobs,
            loads: 2,
            load_memory: 2 << 30,
            refuses_unknown: false,
        }
    }
}
