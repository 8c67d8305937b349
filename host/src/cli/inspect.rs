//! `transferhost inspect`: what a plugin is, without a transfer.

use serde::Serialize;

use super::args::Inspect;
use super::cache;
use crate::callback::Callback;
use crate::curl::LibcurlVersion;
use crate::guest::{Plugin, WIT_VERSION};
use crate::host::Host;
use crate::tenant::policy::{Policy, PolicyKind};

#[derive(Serialize)]
struct Report<'a> {
    plugin: &'a str,
    digest: &'a str,
    size: u64,
    wit: &'static str,
    libcurl: String,
    callbacks: Vec<CallbackReport>,
    exports: &'a [String],
    imports: &'a [String],
}

#[derive(Serialize)]
struct CallbackReport {
    name: &'static str,
    /// Whether the libcurl of this program can ever call it.
    fires: bool,
    /// What libcurl calls in its place, since the plugin exports both.
    replaced_by: Option<&'static str>,
}

/// The callbacks that a plugin exports and that will not be called, and why.
pub(super) fn uncalled(plugin: &Plugin) -> Vec<(Callback, String)> {
    let libcurl = LibcurlVersion::get();
    let why = |callback: Callback| match replaced_by(plugin, callback) {
        Some(other) => Some(format!("libcurl calls {other} in its place")),
        None if libcurl.can_fire(callback) => None,
        None => Some("this libcurl never calls it".to_owned()),
    };
    let callbacks = plugin.callbacks().iter();
    callbacks
        .filter_map(|callback| Some((*callback, why(*callback)?)))
        .collect()
}

fn replaced_by(plugin: &Plugin, callback: Callback) -> Option<Callback> {
    callback
        .replaced_by()
        .filter(|other| plugin.callbacks().contains(other))
}

/// Loads a plugin under the limits of `run` and shows it.
pub(super) fn inspect(arguments: &Inspect) -> anyhow::Result<u8> {
    let host = Host::new(
        Policy::new(PolicyKind::Curl)?,
        cache::loader(cache::directory()).alone(),
    )?;
    let plugin = host.load(&arguments.plugin)?;
    let libcurl = LibcurlVersion::get();
    let report = Report {
        plugin: plugin.name(),
        digest: plugin.digest(),
        size: plugin.size(),
        wit: WIT_VERSION,
        libcurl: libcurl.version.clone(),
        callbacks: plugin
            .callbacks()
            .iter()
            .map(|callback| CallbackReport {
                name: callback.name(),
                fires: libcurl.can_fire(*callback),
                replaced_by: replaced_by(&plugin, *callback).map(Callback::name),
            })
            .collect(),
        exports: plugin.exports(),
        imports: plugin.imports(),
    };
    let text = match arguments.json {
        true => serde_json::to_string(&report)? + "\n",
        false => lines(&report, &uncalled(&plugin)),
    };
    use std::io::Write as _;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}

fn lines(report: &Report<'_>, uncalled: &[(Callback, String)]) -> String {
    let mut text = format!(
        "{}\n  {}\n  {} bytes; this host speaks transferhost:callbacks@{} over libcurl {}\n",
        report.plugin, report.digest, report.size, report.wit, report.libcurl
    );
    text.push_str("decides\n");
    for callback in &report.callbacks {
        let why = uncalled.iter().find(|(other, _)| other.name() == callback.name);
        let why = why.map(|(_, why)| format!(" ({why})")).unwrap_or_default();
        text.push_str(&format!("  {}{why}\n", callback.name));
    }
    for (title, names) in [("exports", report.exports), ("imports", report.imports)] {
        text.push_str(title);
        text.push('\n');
        for name in names {
            text.push_str(&format!("  {}\n", crate::escape::escape(name)));
        }
    }
    text
}
