//! What is checked of a component before and beside its compiling. Each error is what follows the plugin's name.

use super::load::WIT_VERSION;
use super::load_error::LoadError;
use super::weigh::Weight;
use crate::callback::Callback;
use crate::escape::{cut, escape};
use crate::limits::{Limit, Limits};
use crate::suggest;

/// How much of a plugin's own words a message holds, in bytes before they are escaped: its names may be as long as it.
const WORDS: usize = 1 << 10;
/// The longest text form in bytes: reading it takes some hundred times as much memory.
const TEXT: usize = 1 << 20;

const PACKAGE: &str = "transferhost:callbacks/";
const IMPORTS: [&str; 7] = [
    "types",
    "transfer",
    "request",
    "net",
    "upload",
    "socket-options",
    "multi",
];

/// What it would take, before anything is made of it.
pub(crate) fn check_weight(weight: &Weight, limits: &Limits) -> Result<(), String> {
    let instances = limits.get(Limit::Instances);
    if weight.instances > instances {
        return Err(format!(
            "it makes {} core instances, more than the {instances} of --limit instances",
            weight.instances
        ));
    }
    let memory = limits.get(Limit::Memory);
    if weight.bytes > memory {
        return Err(format!(
            "its globals and functions take about {} bytes, more than the {memory} of --memory",
            weight.bytes
        ));
    }
    Ok(())
}

pub(super) fn check_size(name: &str, size: u64, limits: &Limits) -> Result<(), LoadError> {
    let limit = limits.get(Limit::ComponentSize);
    if size <= limit {
        return Ok(());
    }
    let what = format!("it has {size} bytes, more than the {limit} of --limit component-size");
    Err(LoadError::Refused {
        plugin: name.to_owned(),
        what,
    })
}

/// The component's binary form, from itself or from text.
pub(crate) fn component_bytes(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let binary = match bytes {
        [] => return Err("it is empty".to_owned()),
        [0, b'a', b's', b'm', ..] => bytes.to_vec(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) if text.trim_start().starts_with(['(', ';']) && text.len() > TEXT => {
                return Err(format!(
                    "its text has {} bytes, more than the {TEXT} that a text may have: make a .wasm of it",
                    text.len()
                ));
            }
            Ok(text) if text.trim_start().starts_with(['(', ';']) => wat::parse_str(text).map_err(|error| {
                format!(
                    "its text is not valid: {}",
                    error.to_string().lines().next().map(shown).unwrap_or_default()
                )
            })?,
            _ => return Err("it is not WebAssembly".to_owned()),
        },
    };
    // Four bytes after the magic: a version, and the layer that tells a core module (0) from a component (1).
    match binary.get(4..8) {
        Some([_, _, 0, 0]) => Err(
            "it is a core module, not a component: build it for wasm32-wasip2, or `transferhost componentize` it"
                .to_owned(),
        ),
        Some(_) => Ok(binary),
        None => Err("it is cut short".to_owned()),
    }
}

pub(super) fn known_exports(exports: &[String]) -> Result<Vec<Callback>, String> {
    let mut known = Vec::new();
    for export in exports.iter().filter(|export| export.starts_with("transferhost:")) {
        let callback = interface(export).and_then(Callback::from_name);
        known.push(callback.ok_or_else(|| unknown("exports", export, &Callback::ALL.map(Callback::name)))?);
    }
    if known.is_empty() {
        return Err(format!(
            "it exports no callback of transferhost:callbacks@{WIT_VERSION}, so it would decide nothing; `transferhost wit` shows them"
        ));
    }
    known.sort();
    // Two versions of one callback: only one of them would be called.
    match known.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("it exports {} in more than one version", pair[0])),
        None => Ok(known),
    }
}

pub(super) fn known_imports(imports: &[String]) -> Result<(), String> {
    match imports
        .iter()
        .filter(|import| import.starts_with("transferhost:"))
        .find(|import| !interface(import).is_some_and(|name| IMPORTS.contains(&name)))
    {
        Some(import) => Err(unknown("imports", import, &IMPORTS)),
        None => Ok(()),
    }
}

/// The interface's name, where the package is ours and its version one that this host speaks: any 0.1.x.
fn interface(name: &str) -> Option<&str> {
    let (interface, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    let patch = version.strip_prefix("0.1.")?;
    patch.parse::<u32>().is_ok().then_some(interface)
}

fn unknown(verb: &str, name: &str, known: &[&str]) -> String {
    let meant = name
        .strip_prefix(PACKAGE)
        .map(|rest| rest.split_once('@').map_or(rest, |(interface, _)| interface))
        .filter(|interface| !known.contains(interface))
        .and_then(|interface| suggest::nearest(interface, known.iter().copied()))
        .map(|near| format!("; did you mean `{near}`?"));
    format!(
        "it {verb} {}, which this host, speaking transferhost:callbacks@{WIT_VERSION}, does not know{}",
        shown(name),
        meant.unwrap_or_default()
    )
}

pub(crate) fn one_line(error: &wasmtime::Error) -> String {
    one_line_text(&format!("{error:#}"))
}

/// wasmtime's and wat's texts point at places over several lines.
pub(super) fn one_line_text(text: &str) -> String {
    shown(
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
            .as_str(),
    )
}

pub(super) fn shown(text: &str) -> String {
    escape(cut(text, WORDS))
}
