//! `transferhost batch`: a job a line, an outcome a line, of tenants who share nothing.
//!
//! `reader` reads lines on a thread, as far as `room` lets it, and makes a `job` of each, whose fields `given` reads within
//! their `caps`; `desk` finds its tenant in
//! `tenants`, lets `plugins` load what decides, gives it to the workers with an `output`, and writes to `outcomes` how it
//! ended. `telemetry` tells whoever watches.

mod apart;
mod args;
mod begin;
mod caps;
mod desk;
mod fields;
mod folder;
mod given;
mod half;
mod id;
mod interrupt;
mod job;
mod operator;
mod outcomes;
mod output;
mod overlap;
mod plugins;
mod progress;
mod reader;
mod resume;
mod room;
mod running;
mod telemetry;
mod tenants;
#[cfg(feature = "testing")]
#[path = "../../testing/job.rs"]
pub(crate) mod testing;

use std::io::BufReader;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

pub(super) use self::args::Batch;
use self::desk::Desk;
use self::job::{Fault, Job};
use self::outcomes::Outcomes;
use self::plugins::{Key, Loaded, Plugins};
use self::progress::Progress;
use self::reader::{End, Reader};
use self::resume::Done;
use self::room::Room;
use self::running::Running;
use self::tenants::Tenants;
use super::{cache, harden};
use crate::harden::Hardening;
use crate::host::Host;
use crate::loader::CacheDirectory;
use crate::tenant::policy::PolicyKind;
use crate::tenant::policy_file::PolicyFile;
use crate::transfer::{Outcome, Workers};

/// What happens. There are never more of them than jobs in the room, but for a few.
enum Event {
    Job(Box<Job>),
    Fault(Box<Fault>),
    End(End),
    Loaded(Key, Loaded),
    Ended(u64, Box<Outcome>),
    Signal(i32),
    Tick,
}

type Events = UnboundedSender<Event>;

/// Runs the jobs of a file. The exit code is 0 when each has its outcome, whatever that is.
pub(super) fn batch(ours: &Batch) -> anyhow::Result<u8> {
    let file = match &ours.policy_file {
        Some(path) => PolicyFile::read(path, None, PolicyKind::Tenant)?,
        None => PolicyFile::none(PolicyKind::Tenant)?,
    };
    let (input, ends) = outcomes::input(&ours.jobs)?;
    let cache = cache::directory();
    apart::check(ours, &file, &input, cache.as_ref().map(CacheDirectory::path))?;
    tenants::names(&file)?;
    let outputs = apart::folders(&file);
    let folders = tenants::folders(&file)?;
    overlap::check(&file, &folders)?;
    let done = match &ours.resume {
        Some(path) => Done::read(path, &file.batch)?,
        None => Done::default(),
    };
    let resumed = ours.resume.as_deref().map(|path| (path, &done));
    let outcomes = Outcomes::open(ours.outcome.as_deref(), resumed)?;
    let widest = file.widest()?;
    // Before the engine is made, which makes threads.
    let mut hardening = Hardening::new(&widest).reads(&file.batch.plugins);
    for folder in folders.keys() {
        hardening = hardening.reads(folder);
    }
    for folder in tenants::outputs(&file) {
        hardening = hardening.makes_in(folder);
        if let Some(folder) = folders.get(folder) {
            half::sweep(folder);
        }
    }
    if let Some(cache) = &cache {
        hardening = hardening.caches(cache.path());
    }
    many_files(file.batch.jobs, file.batch.workers)?;
    let exporter = ours.metrics.map(telemetry::Exporter::listen).transpose()?;
    if let Some(path) = &ours.trace {
        telemetry::trace(path)?;
    }
    let loads = file.batch.loads;
    // A process that is hardened starts no other.
    let loader = cache::loader(cache)
        .with_room(loads, file.batch.load_memory)
        .with_threads(1);
    loader
        .begin()
        .context("the helper that loads plugins cannot be started")?;
    harden::batch(ours, &widest, hardening)?;
    exporter.map(telemetry::Exporter::serve).transpose()?;

    let batch = file.batch.clone();
    // With the operator's a transfer has two.
    let each = if file.operator.is_some() { 2 } else { 1 };
    let guests = u32::try_from(batch.guests.saturating_mul(each)).unwrap_or(u32::MAX);
    let host = Host::pooled(widest, loader, guests)?;
    let (events, inbox) = unbounded_channel();
    let plugins = folders
        .get(&batch.plugins)
        .map(Arc::clone)
        .context("the folder of plugins")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let room = Room::new(batch.jobs, batch.memory);
    let progress = Progress::new();
    let operator = operator::load(&host, &file, &plugins)?;
    let desk = Desk {
        operator,
        tenants: Tenants::new(host, file, folders),
        plugins: Plugins::new(plugins, outputs, events.clone()),
        workers: Workers::start(batch.workers).context("the workers cannot be started")?,
        outcomes,
        events: events.clone(),
        runtime: runtime.handle().clone(),
        inline: batch.inline,
        log: ours.verbose.then(|| progress.log()),
        tally: Default::default(),
        flights: Default::default(),
        next: 0,
    };
    interrupt::listen(events.clone()).context("signals cannot be caught")?;
    let reader = Reader {
        input: BufReader::with_capacity(1 << 16, input),
        longest: batch.line,
        inline: batch.inline,
        done,
        room: Arc::clone(&room),
        events: events.clone(),
        ends,
    };
    let thread = std::thread::Builder::new().name("transferhost-jobs".to_owned());
    thread.spawn(move || reader.run()).context("the jobs cannot be read")?;
    if progress.is_seen() {
        runtime.spawn(async move {
            while events.send(Event::Tick).is_ok() {
                tokio::time::sleep(progress::PERIOD).await;
            }
        });
    }
    let mut run = Running {
        desk,
        room,
        progress,
        ends,
        end: None,
        left: 0,
        signal: None,
    };
    let ended = runtime.block_on(run.run(inbox));
    // Here, where it may wait: what still runs is cancelled.
    drop(run);
    ended
}

/// A tenant's multi handle: what libcurl wakes it by, and what its sockets are watched by.
const MULTI_FILES: u64 = 5;
/// What a job that runs may hold: a multi handle of its own, two sockets, an output with its folder, and a file that it sends.
const FILES: u64 = MULTI_FILES + 5;
/// What the process holds besides: each thread that loads has a plugin's file, sockets to two processes, and code.
const OTHER_FILES: u64 = 100 + plugins::THREADS as u64 + 64;

/// Raises the limit of open files as far as the process may; refuses to begin where that is too few.
fn many_files(jobs: usize, workers: usize) -> anyhow::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused, what there is has to do.
    let _ = setrlimit(Resource::Nofile, limit);
    // The multi handles of tenants that have no job are kept for a while.
    let idle = (workers as u64).saturating_mul(crate::transfer::MOST_IDLE as u64 * MULTI_FILES);
    let other = OTHER_FILES.saturating_add(idle);
    let needed = (jobs as u64).saturating_mul(FILES).saturating_add(other);
    match getrlimit(Resource::Nofile).current {
        Some(may) if may < needed => {
            let fewer = match may.saturating_sub(other) / FILES {
                0 => String::new(),
                fewer => format!(", or set batch.jobs to {fewer} or less"),
            };
            anyhow::bail!(
                "{jobs} jobs at once (batch.jobs) take up to {needed} open files, and this process may have {may}: raise it \
                 (ulimit -n {needed}){fewer}"
            )
        }
        _ => Ok(()),
    }
}
