//! What an earlier run has done, by its outcomes.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::say;
use crate::escape::escape;

/// The front of a digest: as many jobs as a disk can name do not meet in it.
type Key = [u8; 16];

/// The jobs that have an outcome. Each takes some 20 bytes, however long its id is.
#[derive(Debug, Default)]
pub(super) struct Done {
    jobs: HashSet<Key>,
    /// Where the file's last whole line ends.
    pub(super) whole: u64,
}

/// What is read of an outcome.
#[derive(Deserialize)]
struct Outcome {
    id: Value,
    tenant: Option<String>,
    line: Option<u64>,
    abort: Option<Abort>,
}

#[derive(Deserialize)]
struct Abort {
    cause: String,
}

impl Done {
    /// Reads the outcomes of a run that ended, or was ended.
    pub(super) fn read(path: &Path) -> anyhow::Result<Done> {
        let shown = escape(&path.to_string_lossy());
        let context = || format!("--resume: {shown}");
        let mut file = BufReader::new(File::open(path).with_context(context)?);
        let mut done = Done::default();
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            if file.read_until(b'\n', &mut line).with_context(context)? == 0 {
                break;
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
            // What was no job may have been mended, and what was cancelled, or found no room, has not been done.
            let undone = |cause: &str| cause == "cancelled" || cause == "quota";
            let undone = outcome.abort.is_some_and(|abort| undone(&abort.cause));
            if let (None, Some(tenant), false) = (outcome.line, outcome.tenant, undone) {
                done.jobs.insert(key(&tenant, &outcome.id));
            }
        }
        Ok(done)
    }

    /// Whether this job has its outcome.
    pub(super) fn has(&self, tenant: &str, id: &Value) -> bool {
        !self.jobs.is_empty() && self.jobs.contains(&key(tenant, id))
    }
}

fn key(tenant: &str, id: &Value) -> Key {
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

    #[test]
    fn what_has_its_outcome_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("done");
        let whole = "{\"id\":\"a\",\"tenant\":\"t\",\"code\":7,\"abort\":null}\n\
                     {\"id\":2,\"tenant\":\"t\",\"line\":2,\"code\":2}\n\
                     {\"id\":\"c\",\"tenant\":\"t\",\"abort\":{\"cause\":\"cancelled\"}}\n\
                     {\"id\":\"q\",\"tenant\":\"t\",\"abort\":{\"cause\":\"quota\"}}\n";
        std::fs::write(&path, format!("{whole}{{\"id\":\"d\",\"ten")).unwrap();
        let done = Done::read(&path).unwrap();
        assert!(done.has("t", &"a".into()));
        for (tenant, id) in [
            ("other", Value::from("a")),
            ("t", 2.into()),
            ("t", "c".into()),
            ("t", "q".into()),
            ("t", "d".into()),
        ] {
            assert!(!done.has(tenant, &id), "{tenant} {id}");
        }
        assert_eq!(done.whole, whole.len() as u64);
        std::fs::write(&path, "{}\n").unwrap();
        assert!(format!("{:#}", Done::read(&path).unwrap_err()).contains("line 1 is no outcome"));
    }
}
