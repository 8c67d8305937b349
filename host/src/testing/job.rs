//! Lines of a batch, of whatever bytes: each is a job or one sentence, within time and memory in proportion to the line.
//!
//! A child of the command's `batch`, by the path that its page names.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Event;
use super::caps;
pub use super::caps::{CAPS, Cap};
use super::id::JobId;
use super::job::{Fault, Job, Output};
use super::reader::Reader;
use super::resume::Done;
use super::room::Room;
use crate::limits::Limits;
use crate::suggest;
use crate::tenant::policy_file::BatchKeys;
use crate::transfer::Body;

/// The longest line that is a job.
const LINE: u64 = 64 << 10;
/// How long one line may take: a thousand times what it takes.
const TIME: Duration = Duration::from_secs(1);
/// How often an input that took longer is tried again: the machine may have been busy.
const TRIES: usize = 3;
/// The longest sentence, with the mark of one that was cut.
const SENTENCE: usize = super::job::SENTENCE + "…".len();
/// What is counted of a line, by its bytes, and besides.
const GROWS: u64 = 40;
const BESIDES: u64 = 16 << 10;

/// Reads these bytes as the input of a batch.
///
/// # Errors
/// What took too long, kept more than was counted, or was let through that should not be.
pub fn job(data: &[u8]) -> Result<()> {
    let allowed = TIME * (1 + u32::try_from(data.len() as u64 / LINE)?);
    let mut least = Duration::MAX;
    for _ in 0..TRIES {
        let begun = Instant::now();
        let events = read(data)?;
        for event in events {
            check(event)?;
        }
        least = least.min(begun.elapsed());
        if least <= allowed {
            return Ok(());
        }
    }
    anyhow::bail!("{} bytes took {least:?}", data.len())
}

/// All that the reader makes of an input.
fn read(data: &[u8]) -> Result<Vec<Event>> {
    let (events, mut inbox): (_, UnboundedReceiver<Event>) = unbounded_channel();
    let reader = Reader {
        input: data,
        longest: LINE,
        inline: BatchKeys::default().inline,
        done: Done::default(),
        // All of it has room, so that nobody waits.
        room: Room::new(usize::MAX, u64::MAX),
        events,
        ends: true,
    };
    reader.run();
    let mut events = Vec::new();
    while let Ok(event) = inbox.try_recv() {
        events.push(event);
    }
    let lines = data
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty());
    let ended = matches!(events.pop(), Some(Event::End(end)) if end.error.is_none() && end.left == 0);
    ensure!(ended, "the input did not end");
    ensure!(events.len() == lines.count(), "{} answers to other lines", events.len());
    Ok(events)
}

fn check(event: Event) -> Result<()> {
    match event {
        Event::Job(job) => check_job(*job),
        Event::Fault(fault) => check_fault(&fault),
        _ => anyhow::bail!("neither a job nor a fault"),
    }
}

fn check_job(job: Job) -> Result<()> {
    let texts = texts(&job);
    for (cap, text) in &texts {
        if let Some(cap) = cap {
            ensure!(text.len() <= cap.most, "{} of {} bytes", cap.of, text.len());
        }
    }
    let entries = [
        (&caps::HEADERS, job.spec.headers.len()),
        (&caps::SET, job.spec.config.len()),
        (&caps::LIMITS, job.limits.len()),
    ];
    for (cap, count) in entries {
        ensure!(count <= cap.most, "{}: {count}", cap.of);
    }
    // What is there is counted: a text and the place of each, which a vector's own growth may double.
    let places: usize = entries.iter().map(|(_, count)| count * size_of::<[String; 2]>()).sum();
    let there: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let (kept, line) = (job.kept(), there as u64);
    ensure!(
        kept >= line + places as u64,
        "{kept} bytes are counted of {there} and {places}"
    );
    ensure!(
        kept <= GROWS * (line + places as u64) + BESIDES,
        "{kept} bytes are counted where {there} are there"
    );
    id(&job.id, &job.tenant)?;
    // What the dispatcher does with it before it is anybody's transfer.
    let mut limits = Limits::tenant();
    for (key, value) in &job.limits {
        if let Err(why) = limits.tighten_text(key, value) {
            ensure!(why.len() <= SENTENCE, "a sentence of {} bytes about a limit", why.len());
        }
    }
    let tenants = ["acme", "default", &"n".repeat(suggest::LONGEST)].map(str::to_owned);
    let _ = suggest::nearest(&job.tenant, tenants.iter().map(String::as_str).cycle());
    Ok(())
}

/// All texts of a job, each with its cap where it has one.
fn texts(job: &Job) -> Vec<(Option<&'static Cap>, &str)> {
    let mut texts = vec![
        (Some(&caps::TENANT), job.tenant.as_str()),
        (Some(&caps::URL), job.spec.url.as_str()),
    ];
    if let JobId::Text(id) = &job.id {
        texts.push((Some(&caps::ID), id));
    }
    texts.extend(job.spec.method.iter().map(|text| (Some(&caps::METHOD), text.as_str())));
    let paths = job.plugin.iter().chain(&job.body_file);
    texts.extend(paths.map(|text| (Some(&caps::PATH), text.as_str())));
    if let Output::File(path) = &job.output {
        texts.push((Some(&caps::PATH), path.to_str().unwrap_or_default()));
    }
    for header in &job.spec.headers {
        texts.push((Some(&caps::HEADER_NAME), header.name()));
        if let Some(value) = header.value() {
            texts.push((Some(&caps::HEADER), value));
        }
    }
    for (key, value) in &job.spec.config {
        texts.extend([
            (Some(&caps::SET_KEY), key.as_str()),
            (Some(&caps::SET_VALUE), value.as_str()),
        ]);
    }
    for (key, value) in &job.limits {
        texts.extend([
            (Some(&caps::LIMITS_KEY), key.as_str()),
            (Some(&caps::LIMITS_VALUE), value.as_str()),
        ]);
    }
    if let Body::Post(body) = &job.spec.body {
        texts.push((None, std::str::from_utf8(body).unwrap_or_default()));
    }
    texts
}

fn check_fault(fault: &Fault) -> Result<()> {
    let what = &fault.what;
    ensure!(what.len() <= SENTENCE, "a sentence of {} bytes", what.len());
    ensure!(!what.chars().any(char::is_control), "more than a line: {what:?}");
    ensure!(
        what.starts_with(&format!("line {}: ", fault.line)),
        "no line is named: {what}"
    );
    let there = what.len() + fault.url.len() + fault.tenant.as_ref().map_or(0, String::len);
    ensure!(
        fault.kept() >= there as u64,
        "{} bytes are counted of {there}",
        fault.kept()
    );
    ensure!(fault.url.len() <= caps::URL.most, "a URL of {} bytes", fault.url.len());
    id(&fault.id, fault.tenant.as_deref().unwrap_or_default())
}

/// An outcome says an id so that it is read again as the same, and as no other.
fn id(id: &JobId, tenant: &str) -> Result<()> {
    ensure!(
        tenant.len() <= caps::TENANT.most,
        "a tenant's name of {} bytes",
        tenant.len()
    );
    let text = id.to_string();
    let again: JobId = serde_json::from_str(&text).with_context(|| format!("{text} is no id"))?;
    ensure!(again == *id, "{text} is read as {again}");
    let given = serde_json::from_str(&text).ok().and_then(JobId::given);
    let of_line = matches!(id, JobId::Line(_));
    ensure!(of_line == given.is_none(), "{text} is an id that an author may give");
    Ok(())
}
