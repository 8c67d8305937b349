//! `transferhost inspect`: what a plugin is, without a transfer.

use serde::Serialize;

use super::args::Inspect;
use super::cache;
use crate::curl::LibcurlVersion;
use crate::guest::WIT_VERSION;
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
}

/// Loads a plugin under the limits of `run` and shows it.
pub(super) fn inspect(arguments: &Inspect) -> anyhow::Result<u8> {
    let host = Host::new(Policy::new(PolicyKind::Curl)?, cache::directory())?;
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
            })
            .collect(),
        exports: plugin.exports(),
        imports: plugin.imports(),
    };
    let text = match arguments.json {
        true => serde_json::to_string(&report)? + "\n",
        false => lines(&report),
    };
    use std::io::Write as _;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}

fn lines(report: &Report<'_>) -> String {
    let mut text = format!(
        "{}\n  {}\n  {} bytes; this host speaks transferhost:callbacks@{} over libcurl {}\n",
        report.plugin, report.digest, report.size, report.wit, report.libcurl
    );
    text.push_str("decides\n");
    for callback in &report.callbacks {
        let never = if callback.fires {
            ""
        } else {
            " (this libcurl never calls it)"
        };
        text.push_str(&format!("  {}{never}\n", callback.name));
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
