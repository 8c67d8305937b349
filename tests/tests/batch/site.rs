//! A folder in which a batch runs, and the policy that opens an origin to it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::origin::Origin;
use transferhost_tests::roomy;
use transferhost_tests::running::Ended;

/// A folder with a policy file.
pub(crate) struct Site(TempDir);

impl Site {
    /// One whose batches may reach this origin; `more` is what else the file says, behind `[network]`.
    pub(crate) fn new(origin: &Origin, more: &str) -> Self {
        let port = origin.address().port();
        let site = Self(TempDir::with_prefix("transferhost-batch-").unwrap());
        let more = roomy(more);
        let policy = format!("[network]\nports = [{port}]\nallow = [\"127.0.0.1/32\"]\n{more}\n");
        site.write("policy.toml", &policy);
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.at(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    /// Puts a plugin there.
    pub(crate) fn plugin(&self, name: &str, from: &Path) {
        fs::copy(from, self.at(name)).unwrap();
    }

    /// A batch of `jobs.jsonl`.
    pub(crate) fn batch(&self) -> Transferhost {
        self.batch_by(Transferhost::new())
    }

    /// A batch of this program.
    pub(crate) fn batch_by(&self, program: Transferhost) -> Transferhost {
        program
            .in_folder(self.path())
            .args(["batch", "--policy-file", "policy.toml"])
    }

    /// The outcomes of these lines, each as it came; the batch ends well.
    pub(crate) fn outcomes(&self, lines: &[&str]) -> Vec<Value> {
        let ended = self.batch().arg("-").input(lines.join("\n")).end();
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
        let outcomes = of(&ended.text());
        assert_eq!(outcomes.len(), lines.len(), "{}", ended.text());
        outcomes
    }

    /// The one outcome of a job.
    pub(crate) fn outcome(&self, job: &Value) -> Value {
        self.outcomes(&[&job.to_string()]).remove(0)
    }
}

/// The outcomes of a file of them.
pub(crate) fn of(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The outcome of this id.
pub(crate) fn find(outcomes: &[Value], id: impl Into<Value>) -> &Value {
    let id = id.into();
    let mut found = outcomes.iter().filter(|outcome| outcome["id"] == id);
    let one = found
        .next()
        .unwrap_or_else(|| panic!("no outcome of {id}: {outcomes:?}"));
    assert!(found.next().is_none(), "two outcomes of {id}");
    one
}

/// The code, and what was said.
pub(crate) fn end(outcome: &Value) -> (u64, &str) {
    (outcome["code"].as_u64().unwrap(), outcome["message"].as_str().unwrap())
}

/// That a batch could not begin, or go on.
pub(crate) fn ended_with(ended: &Ended, code: i32, said: &str) {
    let sentence = super::sentence::sentence(ended, code);
    assert!(sentence.contains(said), "{sentence}");
}
