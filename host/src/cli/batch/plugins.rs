//! Plugins are loaded by threads of their own, one a tenant: while one is compiled, nothing waits for it but the jobs that
//! it is for. The loader says which of them compiles; the other threads wait.

use std::collections::{HashMap, HashSet, VecDeque};
use std::os::fd::AsRawFd as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::folder::Folder;
use super::job::Job;
use super::{Event, Events};
use crate::cause::Cause;
use crate::curl::CurlCode;
use crate::guest::{LoadError, Plugin};
use crate::tenant::Tenant;
use crate::transfer::Outcome;

/// Threads that load. A thread that waits for its turn takes some KiB, and has its plugin's file open.
pub(super) const THREADS: usize = 512;
/// As long as a load waits at most for its tenant to have paid for what its guests used.
const LONGEST_REST: Duration = Duration::from_secs(10);

/// What came of a plugin.
pub(super) type Loaded = Result<Plugin, Arc<NotLoaded>>;

/// Why there is none.
#[derive(Debug)]
pub(super) enum NotLoaded {
    /// The file cannot be opened, or lies elsewhere.
    File(String),
    /// It is none, or does not work.
    Plugin(LoadError),
}

/// A plugin's file, of a tenant by its name.
pub(super) type Key = (String, PathBuf);

/// Those that are being loaded.
pub(super) struct Plugins {
    folder: Arc<Folder>,
    /// The folders in which jobs make files.
    outputs: Arc<[PathBuf]>,
    events: Events,
    loading: HashSet<String>,
    queue: VecDeque<(Key, Tenant)>,
    waiting: HashMap<Key, Vec<Job>>,
}

impl NotLoaded {
    /// The outcome of a job whose plugin is none.
    pub(super) fn outcome(&self, url: &str) -> Outcome {
        match self {
            NotLoaded::File(why) => Outcome::unbegun(url, CurlCode::FAILED_INIT, why.clone(), None),
            NotLoaded::Plugin(error) => super::super::run::not_loaded(url, error),
        }
    }

    /// Whether the same comes of it another time: files come and go, a tenant may have room later, and a machine is busy
    /// at times.
    pub(super) fn is_lasting(&self) -> bool {
        match self {
            NotLoaded::Plugin(LoadError::Refused { .. }) => true,
            NotLoaded::Plugin(LoadError::Trial { cause, .. } | LoadError::Loading { cause, .. }) => {
                !matches!(cause, Cause::Deadline | Cause::System)
            }
            NotLoaded::File(_) | NotLoaded::Plugin(_) => false,
        }
    }
}

impl Plugins {
    pub(super) fn new(folder: Arc<Folder>, outputs: Vec<PathBuf>, events: Events) -> Plugins {
        Plugins {
            folder,
            outputs: outputs.into(),
            events,
            loading: HashSet::new(),
            queue: VecDeque::new(),
            waiting: HashMap::new(),
        }
    }

    /// This job waits for this plugin of its tenant's.
    pub(super) fn wait(&mut self, job: Job, tenant: &Tenant, file: PathBuf) {
        let key = (job.tenant.clone(), file);
        let jobs = self.waiting.entry(key.clone()).or_default();
        jobs.push(job);
        if jobs.len() == 1 {
            self.queue.push_back((key, tenant.clone()));
        }
        self.load();
    }

    /// Whether a job waits for this plugin of this tenant's already.
    pub(super) fn awaits(&self, tenant: &str, file: &Path) -> bool {
        self.waiting.contains_key(&(tenant.to_owned(), file.to_owned()))
    }

    /// One was loaded, or not: the jobs that waited for it.
    pub(super) fn loaded(&mut self, key: &Key) -> Vec<Job> {
        self.loading.remove(&key.0);
        let jobs = self.waiting.remove(key).unwrap_or_default();
        self.load();
        jobs
    }

    /// Gives up all jobs that wait; what is being compiled is of no use to anybody.
    pub(super) fn clear(&mut self) -> Vec<Job> {
        self.queue.clear();
        let waiting = self.waiting.drain();
        waiting.flat_map(|(_, jobs)| jobs).collect()
    }

    /// How many jobs wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.values().map(Vec::len).sum()
    }

    fn load(&mut self) {
        while self.loading.len() < THREADS {
            let next = self
                .queue
                .iter()
                .position(|((name, _), _)| !self.loading.contains(name));
            let Some((key, tenant)) = next.and_then(|at| self.queue.remove(at)) else {
                return;
            };
            self.loading.insert(key.0.clone());
            let (folder, events) = (Arc::clone(&self.folder), self.events.clone());
            let outputs = Arc::clone(&self.outputs);
            let (told, of) = (self.events.clone(), key.clone());
            let started = thread::Builder::new()
                .name("transferhost-load".to_owned())
                .spawn(move || {
                    let loaded = catch_unwind(AssertUnwindSafe(|| load(&tenant, &folder, &outputs, &of.1)));
                    let failed = |_| {
                        Err(Arc::new(NotLoaded::File(
                            "transferhost failed, which is a bug of its own".to_owned(),
                        )))
                    };
                    // Nobody waits for it where the batch has ended.
                    let _ = events.send(Event::Loaded(of, loaded.unwrap_or_else(failed)));
                });
            if let Err(error) = started {
                let failed = NotLoaded::File(format!("no thread can be made to load it: {error}"));
                let _ = told.send(Event::Loaded(key, Err(Arc::new(failed))));
            }
        }
    }
}

fn load(tenant: &Tenant, folder: &Folder, outputs: &[PathBuf], path: &Path) -> Loaded {
    // Plugins that fail when they are tried are no way to run guests without paying for them.
    if let Some(rest) = tenant.ledger().rest() {
        thread::sleep(rest.min(LONGEST_REST));
    }
    let file = folder
        .read(path)
        .map_err(|why| NotLoaded::File(format!("plugin: {why}")))?;
    // By what was opened, whatever the path is by now.
    let place = std::fs::canonicalize(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let place = place.map_err(|error| NotLoaded::File(format!("plugin: {error}")))?;
    if outputs.iter().any(|output| place.starts_with(output)) {
        let why = "plugin: it lies in a folder of outputs, where a job may have made it: name another file";
        return Err(NotLoaded::File(why.to_owned()).into());
    }
    let loaded = tenant.load_opened(path, file).map_err(NotLoaded::Plugin)?;
    Ok(loaded)
}
