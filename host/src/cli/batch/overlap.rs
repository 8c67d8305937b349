//! Folders of different tenants lie apart. A job names files in its tenant's folders: where one folder holds another tenant's, the
//! job could replace what that one fetched, or send it off.
//!
//! What is compared is the folders that were opened, and the folders above them as the kernel walks up from there. So links
//! and `..` change nothing. A folder that is mounted a second time is not seen: the kernel walks up from where it is mounted.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::folder::{Folder, Place};
use crate::escape::{escape, quote};
use crate::tenant::policy_file::PolicyFile;

/// A folder that jobs write to or read from.
struct Used<'a> {
    /// Its key in the file.
    key: String,
    /// Whose jobs use it; `None` is all that have none of their own.
    owner: Option<&'a str>,
    path: &'a Path,
}

/// Refuses to begin where one owner's folder is another's, or lies in it.
pub(super) fn check(file: &PolicyFile, folders: &HashMap<PathBuf, Arc<Folder>>) -> anyhow::Result<()> {
    let used = used(file);
    if used
        .iter()
        .all(|other| Some(other.owner) == used.first().map(|first| first.owner))
    {
        return Ok(());
    }
    let opened = |used: &Used<'_>| {
        let folder = folders.get(used.path).context("a folder that was not opened")?;
        let context = || format!("the folder {} ({})", quote(&used.path.to_string_lossy()), used.key);
        folder.places().with_context(context)
    };
    let places: Vec<Vec<Place>> = used.iter().map(opened).collect::<anyhow::Result<_>>()?;
    let mut at: HashMap<Place, Vec<&Used<'_>>> = HashMap::new();
    for (used, places) in used.iter().zip(&places) {
        let Some(place) = places.first() else { continue };
        let there = at.entry(*place).or_default();
        // The folders of one owner need one entry: each owner is compared with all other owners.
        if there.iter().all(|other| other.owner != used.owner) {
            there.push(used);
        }
    }
    for (inner, places) in used.iter().zip(&places) {
        for (height, place) in places.iter().enumerate() {
            let of_others = at.get(place).into_iter().flatten();
            let Some(outer) = of_others.into_iter().find(|outer| outer.owner != inner.owner) else {
                continue;
            };
            let shown = |used: &Used<'_>| format!("{} ({})", quote(&used.path.to_string_lossy()), used.key);
            let lies = if height == 0 { "is" } else { "lies in" };
            bail!(
                "the folder {} {lies} the folder {}: the jobs of one could replace or send off files of the other's; give each \
                 folders that lie apart",
                shown(inner),
                shown(outer)
            );
        }
    }
    Ok(())
}

fn used(file: &PolicyFile) -> Vec<Used<'_>> {
    let batch = [("output", &file.batch.output), ("bodies", &file.batch.bodies)];
    let of_batch = batch.into_iter().filter_map(|(key, path)| {
        let path = path.as_deref()?;
        let key = format!("batch.{key}");
        Some(Used { key, owner: None, path })
    });
    let tenants = file.tenants.iter().flatten();
    let of_tenants = tenants.flat_map(|(name, keys)| {
        let folders = [("output", &keys.output), ("bodies", &keys.bodies)];
        folders.into_iter().filter_map(move |(key, path)| {
            let path = path.as_deref()?;
            let key = format!("tenants.{}.{key}", escape(name));
            let owner = Some(name.as_str());
            Some(Used { key, owner, path })
        })
    });
    of_batch.chain(of_tenants).collect()
}
