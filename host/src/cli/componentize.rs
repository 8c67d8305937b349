//! `transferhost componentize`: a component from the core module that a compiler without components makes.

use std::path::Path;

use anyhow::{Context as _, bail};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId, WorldItem};

use super::args::Componentize;
use super::whole::whole;
use crate::guest::{Engine, Plugin};
use crate::limits::Limits;

/// WASI preview 1 as far as Go's runtime needs it, out of nothing: see the file.
const PREVIEW1_STUB: &str = include_str!("new/go/preview1.wat");
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Makes the component, checks it as `run` would, and writes it: nothing is written where anything is wrong.
pub(super) fn componentize(arguments: &Componentize) -> anyhow::Result<u8> {
    let core = std::fs::read(&arguments.core).with_context(|| shown(&arguments.core))?;
    let component = encode(&core, &arguments.wit, &arguments.world).with_context(|| shown(&arguments.core))?;
    let name = arguments.output.file_name().unwrap_or_default().to_string_lossy();
    Plugin::load(
        &Engine::new(None)?,
        &crate::escape::escape(&name),
        &component,
        &Limits::curl(),
    )?;
    whole(&arguments.output, |beside| Ok(std::fs::write(beside, &component)?))?;
    Ok(0)
}

fn shown(path: &Path) -> String {
    crate::escape::escape(&path.to_string_lossy())
}

/// The world of this name in the package of a folder, its dependencies in the folder `deps`.
pub(super) fn world(wit: &Path, name: &str) -> anyhow::Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(wit)
        .map_err(|error| anyhow::anyhow!("{}: {}", shown(wit), first_line(&format!("{error:#}"))))?;
    let world = resolve
        .select_world(&[package], Some(name))
        .map_err(|error| anyhow::anyhow!("{}: {}", shown(wit), first_line(&format!("{error:#}"))))?;
    Ok((resolve, world))
}

fn first_line(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A component of this world from a core module as a compiler made it.
fn encode(core: &[u8], wit: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    match core {
        [0, b'a', b's', b'm', _, _, 0, 0, ..] => {}
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => {
            bail!("it is a component already: `transferhost run` takes it as it is")
        }
        _ => bail!("it is not a core WebAssembly module"),
    }
    let (resolve, world) = world(wit, name)?;
    missing_exports(core, &resolve, world, name)?;
    let mut module = core.to_vec();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .map_err(|error| anyhow::anyhow!("{}", first_line(&format!("{error:#}"))))?;
    let stub = wat::parse_str(PREVIEW1_STUB)?;
    assemble(core, &module, &stub).map_err(|error| anyhow::anyhow!("{}", first_line(&format!("{error:#}"))))
}

fn assemble(core: &[u8], module: &[u8], stub: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(module)?;
    // An adapter that nothing asks for would be an error.
    if imports(core)?.iter().any(|module| module == PREVIEW1) {
        encoder.adapter(PREVIEW1, stub)?;
    }
    encoder.encode()
}

/// The encoder names one missing export at a time, and by a mangled name; this names them all.
fn missing_exports(core: &[u8], resolve: &Resolve, world: WorldId, name: &str) -> anyhow::Result<()> {
    let exported = exports(core)?;
    let mut missing = Vec::new();
    for (key, item) in &resolve.worlds[world].exports {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        let interface = resolve.name_world_key(key);
        for function in resolve.interfaces[*id].functions.keys() {
            let wanted = format!("{interface}#{function}");
            if !exported.contains(&wanted) {
                missing.push(wanted);
            }
        }
    }
    match missing.is_empty() {
        true => Ok(()),
        false => bail!(
            "the world {name} asks for exports that it lacks: {}",
            missing.join(", ")
        ),
    }
}

fn exports(core: &[u8]) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(core) {
        if let wasmparser::Payload::ExportSection(section) = payload? {
            for export in section {
                names.push(export?.name.to_owned());
            }
        }
    }
    Ok(names)
}

fn imports(core: &[u8]) -> anyhow::Result<Vec<String>> {
    let mut modules = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(core) {
        if let wasmparser::Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                modules.push(import?.module.to_owned());
            }
        }
    }
    Ok(modules)
}
