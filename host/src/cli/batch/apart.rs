//! Outputs lie apart from what the batch runs by. A stranger's job names the files in their folder, and replaces what was
//! there: a plugin of another tenant, the policy, the outcomes.

use std::fs::{self, File};
use std::path::{Path, PathBuf, absolute};

use anyhow::bail;

use super::args::Batch;
use super::outcomes::is_same;
use crate::escape::{escape, quote};
use crate::tenant::policy_file::PolicyFile;

const OUTCOMES: &str = "the file of outcomes";
const RESUMED: &str = "the file that is resumed from,";

/// So many links are followed to a file; the kernel follows no more.
const LINKS: usize = 40;

/// Refuses to begin where a job could replace by its output what the batch runs by or writes, or where the file of jobs
/// would be written over. Before anything is written.
pub(super) fn check(ours: &Batch, file: &PolicyFile, input: &File, cache: Option<&Path>) -> anyhow::Result<()> {
    let is_file = input.metadata().is_ok_and(|metadata| metadata.is_file());
    for (option, path) in [("--outcome", &ours.outcome), ("--trace", &ours.trace)] {
        // What is not there yet is no file of jobs.
        if let Some(path) = path
            .as_ref()
            .filter(|path| is_file && is_same(input, path).unwrap_or(false))
        {
            let path = escape(&path.to_string_lossy());
            bail!("{option}: {path} is the file of jobs, and would be written over: name another file");
        }
    }
    writes_over_nothing(ours, file)?;
    let kept: Vec<_> = kept(ours, file, cache)
        .into_iter()
        .map(|(what, path)| (what, places(&path), path))
        .collect();
    for (key, folder) in outputs(file) {
        // One that is not there is refused when it is opened.
        let Ok(within) = folder.canonicalize() else { continue };
        let replaced = kept
            .iter()
            .find(|(_, places, _)| places.iter().any(|place| place.starts_with(&within)));
        if let Some((what, _, path)) = replaced {
            bail!(
                "a job could replace {what} {} by an output in the folder {} ({key}): name a folder of its own for outputs",
                quote(&path.to_string_lossy()),
                quote(&folder.to_string_lossy())
            );
        }
    }
    Ok(())
}

/// Refuses outcomes or a trace in a file that the batch reads, or in each other's. Outcomes go on in the file that is resumed
/// from.
fn writes_over_nothing(ours: &Batch, file: &PolicyFile) -> anyhow::Result<()> {
    let read: Vec<_> = plugins(file).chain(read(ours)).collect();
    let outcomes = ours.outcome.iter().map(|path| (OUTCOMES, path.clone()));
    let resumed = ours.resume.iter().map(|path| (RESUMED, path.clone()));
    for (option, path, others) in [
        ("--outcome", &ours.outcome, read.clone()),
        (
            "--trace",
            &ours.trace,
            read.into_iter().chain(resumed).chain(outcomes).collect(),
        ),
    ] {
        let Some(path) = path.as_ref().filter(|path| is_kept_in(path)) else {
            continue;
        };
        let place = places(path);
        let is_there = |other: &Path| is_kept_in(other) && places(other).iter().any(|it| place.contains(it));
        if let Some((what, _)) = others.iter().find(|(_, other)| is_there(other)) {
            let path = escape(&path.to_string_lossy());
            let what = what.trim_end_matches(',');
            bail!("{option}: {path} is {what}, and would be written over: name another file");
        }
    }
    Ok(())
}

/// Whether writing there replaces what was there: not in a pipe or a terminal.
fn is_kept_in(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |about| about.is_file())
}

/// The folders of outputs, as the kernel names them. A plugin in one of them is one that a job may have made.
pub(super) fn folders(file: &PolicyFile) -> Vec<PathBuf> {
    outputs(file)
        .filter_map(|(_, folder)| folder.canonicalize().ok())
        .collect()
}

/// The folders of outputs, by their keys.
fn outputs(file: &PolicyFile) -> impl Iterator<Item = (String, &PathBuf)> {
    let of_batch = file.batch.output.iter();
    let of_batch = of_batch.map(|folder| ("batch.output".to_owned(), folder));
    let tenants = file.tenants.iter().flatten();
    let of_tenants = tenants.filter_map(|(name, keys)| {
        let key = format!("tenants.{}.output", escape(name));
        keys.output.as_ref().map(|folder| (key, folder))
    });
    of_batch.chain(of_tenants)
}

/// What no job may replace.
fn kept(ours: &Batch, file: &PolicyFile, cache: Option<&Path>) -> Vec<(&'static str, PathBuf)> {
    let folders = [
        ("the plugins in", Some(file.batch.plugins.as_path())),
        // Machine code, which the next start runs.
        ("the compiled plugins in", cache),
    ];
    let written = [
        (OUTCOMES, ours.outcome.as_deref()),
        (RESUMED, ours.resume.as_deref()),
        ("the trace", ours.trace.as_deref()),
    ];
    let there = |(what, path): (&'static str, Option<&Path>)| path.map(|path| (what, path.to_owned()));
    plugins(file)
        .chain(folders.into_iter().filter_map(there))
        .chain(read(ours))
        .chain(written.into_iter().filter_map(there))
        .collect()
}

/// The plugins that the policy file names.
fn plugins(file: &PolicyFile) -> impl Iterator<Item = (&'static str, PathBuf)> {
    let of_operator = file.operator.iter().map(|operator| &operator.plugin);
    let tenants = file.tenants.iter().flat_map(|tenants| tenants.values());
    let of_tenants = tenants.filter_map(|tenant| tenant.plugin.as_ref());
    let plugins = of_operator.chain(of_tenants);
    plugins.map(|plugin| ("the plugin", file.batch.plugins.join(plugin)))
}

/// The files of the command line that the batch reads and never writes.
fn read(ours: &Batch) -> impl Iterator<Item = (&'static str, PathBuf)> {
    let policy = ours.policy_file.iter().map(|path| ("the policy file", path.clone()));
    let jobs = Some(&ours.jobs).filter(|path| path.as_os_str() != "-");
    policy.chain(jobs.map(|path| ("the file of jobs", path.clone())))
}

/// Where a path's file lies, and each link on the way to it: who replaces the link replaces the file. One that is not there
/// yet has its place too.
fn places(path: &Path) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = path.canonicalize().into_iter().collect();
    let mut next = absolute(path).ok();
    for _ in 0..LINKS {
        let Some((parent, name)) = next.as_deref().and_then(|next| next.parent().zip(next.file_name())) else {
            break;
        };
        let Ok(parent) = parent.canonicalize() else { break };
        let place = parent.join(name);
        next = fs::read_link(&place).ok().map(|target| parent.join(target));
        places.push(place);
    }
    places
}
