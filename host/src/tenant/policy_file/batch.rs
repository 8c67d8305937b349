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
        let count = |key, value: &Option<Value>, default: usize| {
            let value = number(key, Unit::Count, value, default as u64)?;
            Ok::<_, PolicyError>(usize::try_from(value).unwrap_or(usize::MAX))
        };
        let size = |key, value, default| number(key, Unit::Bytes, value, default);
        let default = BatchKeys::default();
        let jobs = count("jobs", &self.jobs, default.jobs)?;
        Ok(BatchKeys {
            output: self.output,
            bodies: self.bodies,
            plugins: self.plugins.unwrap_or(default.plugins),
            inline: size("inline", &self.inline, default.inline)?,
            line: size("line", &self.line, default.line)?,
            jobs,
            memory: size("memory", &self.memory, default.memory)?,
            workers: count("workers", &self.workers, default.workers)?,
            guests: count("guests", &self.guests, jobs)?,
            loads: count("loads", &self.loads, default.loads)?,
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
