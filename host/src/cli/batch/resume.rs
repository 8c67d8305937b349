//! What an earlier run has done, by its outcomes.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::super::say;
use super::id::JobId;
use crate::escape::escape;
use crate::tenant::policy_file::BatchKeys;

/// The front of a digest: as many jobs as a disk can name do not meet in it.
type Key = [u8; 16];

/// The most jobs that are left out: they take 2 GiB.
const MOST: usize = 50_000_000;

/// The jobs that have an outcome. Each takes 20 to 40 bytes, however long its id is.
#[derive(Debug, Default)]
pub(super) struct Done {
    jobs: HashSet<Key>,
    /// Where the file's last whole line ends.
    pub(super) whole: u64,
}

/// What is read of an outcome.
#[derive(Deserialize)]
struct Outcome {
    id: JobId,
    tenant: Option<String>,
    line: Option<u64>,
    code: u32,
    abort: Option<Abort>,
    #[serde(default)]
    seconds: Seconds,
}

#[derive(Deserialize)]
struct Abort {
    cause: String,
}

#[derive(Default, Deserialize)]
struct Seconds {
    connect: f64,
}

impl Outcome {
    /// Whether it tells a job that has not been done: what was no job may have been mended; what was cancelled, found no
    /// room, or what the machine refused before there was a connection has touched nothing.
    fn is_undone(&self) -> bool {
        let untouched = self.code == 2 && self.seconds.connect == 0.0;
        let undone = |abort: &Abort| match abort.cause.as_str() {
            "cancelled" | "quota" => true,
            "system" => untouched,
            _ => false,
        };
        self.line.is_some() || self.abort.as_ref().is_some_and(undone)
    }
}

impl Done {
    /// Reads the outcomes of a run that ended, or was ended.
    pub(super) fn read(path: &Path, keys: &BatchKeys) -> anyhow::Result<Done> {
        Done::within(path, longest(keys), MOST)
    }

    fn within(path: &Path, longest: u64, most: usize) -> anyhow::Result<Done> {
        let shown = escape(&path.to_string_lossy());
        let context = || format!("--resume: {shown}");
        let mut file = BufReader::new(File::open(path).with_context(context)?);
        let mut done = Done::default();
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let mut front = file.by_ref().take(longest);
            if front.read_until(b'\n', &mut line).with_context(context)? == 0 {
                break;
            }
            if line.len() as u64 == longest {
                bail!("--resume: {shown}: line {number} is longer than an outcome can be: name a file of outcomes");
            }
            if line.last() != Some(&b'\n') {
                say(&format!(
                    "--resume: {shown}: line {number} was not written to its end: its job is run again"
                ));
                break;
            }
            done.whole += line.len() as u64;
            let outcome: Outcome = serde_json::from_slice(&line)
                .with_context(|| format!("--resume: {shown}: line {number} is no outcome"))?;
            if outcome.is_undone() {
                continue;
            }
            if let Some(tenant) = outcome.tenant {
                done.jobs.insert(key(&tenant, &outcome.id));
                if done.jobs.len() > most {
                    bail!("--resume: {shown}: more than {most} jobs are done: split the jobs and the outcomes");
                }
            }
        }
        Ok(done)
    }

    /// Whether this job has its outcome.
    pub(super) fn has(&self, tenant: &str, id: &JobId) -> bool {
        !self.jobs.is_empty() && self.jobs.contains(&key(tenant, id))
    }
}

/// The longest line that a batch with these keys writes: a byte of a body or of a job becomes six at most (`\u0000`), and a
/// job's URL stands there twice, escaped before it is written.
fn longest(keys: &BatchKeys) -> u64 {
    const OTHER: u64 = 4 << 20;
    let texts = keys
        .inline
        .saturating_mul(6)
        .saturating_add(keys.line.saturating_mul(24));
    texts.saturating_add(OTHER)
}

fn key(tenant: &str, id: &JobId) -> Key {
    let digest = Sha256::new()
        .chain_update((tenant.len() as u64).to_le_bytes())
        .chain_update(tenant)
        .chain_update(id.to_string())
        .finalize();
    let mut key = Key::default();
    key.copy_from_slice(&digest[..size_of::<Key>()]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> anyhow::Result<Done> {
        Done::read(path, &BatchKeys::default())
    }

    fn id(text: &str) -> JobId {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_has_its_outcome_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("done");
        let whole = "{\"id\":\"a\",\"tenant\":\"t\",\"code\":7,\"abort\":null}\n\
                     {\"id\":2,\"tenant\":\"t\",\"line\":2,\"code\":2}\n\
                     {\"id\":\"c\",\"tenant\":\"t\",\"code\":42,\"abort\":{\"cause\":\"cancelled\"}}\n\
                     {\"id\":{\"line\":5},\"tenant\":\"t\",\"code\":0}\n\
                     {\"id\":6,\"tenant\":\"t\",\"code\":0}\n\
                     {\"id\":\"q\",\"tenant\":\"t\",\"code\":2,\"abort\":{\"cause\":\"quota\"}}\n\
                     {\"id\":\"k\",\"tenant\":\"t\",\"code\":2,\"abort\":{\"cause\":\"system\"}}\n\
                     {\"id\":\"s\",\"tenant\":\"t\",\"code\":2,\"seconds\":{\"connect\":0.1},\"abort\":{\"cause\":\"system\"}}\n";
        std::fs::write(&path, format!("{whole}{{\"id\":\"d\",\"ten")).unwrap();
        let done = read(&path).unwrap();
        for done_id in ["\"a\"", "{\"line\":5}", "6", "\"s\""] {
            assert!(done.has("t", &id(done_id)), "{done_id}");
        }
        for (tenant, other) in [
            ("other", "\"a\""),
            ("t", "2"),
            ("t", "{\"line\":2}"),
            ("t", "\"c\""),
            ("t", "\"q\""),
            ("t", "\"k\""),
            ("t", "\"d\""),
            ("t", "5"),
            ("t", "\"5\""),
            ("t", "{\"line\":6}"),
            ("t", "\"6\""),
        ] {
            assert!(!done.has(tenant, &id(other)), "{tenant} {other}");
        }
        assert_eq!(done.whole, whole.len() as u64);
        for wrong in [
            "{}\n",
            // Lines of jobs.
            "{\"id\":\"a\",\"tenant\":\"t\",\"url\":\"http://127.0.0.1/\"}\n",
            "{\"id\":1.5,\"tenant\":\"t\",\"code\":0}\n",
            "{\"id\":{\"line\":\"1\"},\"tenant\":\"t\",\"code\":0}\n",
        ] {
            std::fs::write(&path, wrong).unwrap();
            let error = format!("{:#}", read(&path).unwrap_err());
            assert!(error.contains("line 1 is no outcome"), "{error}");
        }
    }

    #[test]
    fn what_is_kept_of_a_file_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("done");
        let line = |id: usize| format!("{{\"id\":{id},\"tenant\":\"t\",\"code\":0}}\n");
        std::fs::write(&path, (0..3).map(line).collect::<String>()).unwrap();
        let within = |longest, most| Done::within(&path, longest, most).map_err(|error| format!("{error:#}"));
        assert_eq!(within(100, 3).unwrap().jobs.len(), 3);
        assert!(within(100, 2).unwrap_err().contains("more than 2 jobs are done"));
        assert!(
            within(10, 3)
                .unwrap_err()
                .contains("line 1 is longer than an outcome can be")
        );
        // One that does not end.
        std::fs::write(&path, "x".repeat(200)).unwrap();
        assert!(within(100, 3).unwrap_err().contains("line 1 is longer"));
    }
}
