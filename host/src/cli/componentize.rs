//! `transferhost componentize`: a component from the core module that a compiler without components makes.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId, WorldItem};

use super::args::Componentize;
use super::whole::whole;
use crate::guest::{Engine, Plugin, PluginFile};
use crate::limits::{Limit, Limits};

/// WASI preview 1 as far as Go's runtime needs it, out of nothing: see the file.
const PREVIEW1_STUB: &str = include_str!("new/go/preview1.wat");
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Makes the component, checks it as `run` would, and writes it: nothing is written where anything is wrong.
pub(super) fn componentize(arguments: &Componentize) -> anyhow::Result<u8> {
    let core = read(&arguments.core).with_context(|| shown(&arguments.core))?;
    let component = encode(&core, &arguments.wit, &arguments.world).with_context(|| shown(&arguments.core))?;
    let name = arguments.output.file_name().unwrap_or_default().to_string_lossy();
    let file = PluginFile::new(crate::escape::escape(&name), component.clone());
    Plugin::load(
        &Engine::new(super::cache::loader(None).alone())?,
        &file,
        &Limits::curl(),
        None,
    )?;
    whole(&arguments.output, |beside| Ok(std::fs::write(beside, &component)?))?;
    Ok(0)
}

/// The file; one byte more than may be loaded is enough to know that it is too large.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let most = Limits::curl().get(Limit::ComponentSize);
    let mut core = Vec::new();
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut core)?;
    if core.len() as u64 > most {
        bail!("it has more than {most} bytes, which no plugin may have");
    }
    Ok(core)
}

fn shown(path: &Path) -> String {
    crate::escape::escape(&path.to_string_lossy())
}

/// The world of this name in the package of a folder, its dependencies in the folder `deps`.
pub(super) fn world(wit: &Path, name: &str) -> anyhow::Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(wit)
        .map_err(|error| anyhow::anyhow!("{}: {}", shown(wit), one_line(&format!("{error:#}"))))?;
    let world = resolve
        .select_world(&[package], Some(name))
        .map_err(|error| anyhow::anyhow!("{}: {}", shown(wit), one_line(&format!("{error:#}"))))?;
    Ok((resolve, world))
}

fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    crate::escape::escape(&lines.join(" "))
}

/// Whether the types of a world are such as a component can have: neither too deep nor too large.
pub(super) fn check_types(resolve: &Resolve, world: WorldId) -> anyhow::Result<()> {
    let wrong = |error: String| anyhow::anyhow!("{}", one_line(&error));
    // A core module with nothing in it, to hang the types on.
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8, false)
        .map_err(|error| wrong(format!("{error:#}")))?;
    for payload in wasmparser::Parser::new(0).parse_all(&module) {
        if let wasmparser::Payload::CustomSection(section) = payload? {
            wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
                .validate_all(section.data())
                .map_err(|error| wrong(error.to_string()))?;
        }
    }
    Ok(())
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
    check_exports(core, &resolve, world, name)?;
    let mut module = core.to_vec();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .map_err(|error| anyhow::anyhow!("{}", one_line(&format!("{error:#}"))))?;
    let stub = wat::parse_str(PREVIEW1_STUB)?;
    assemble(core, &module, &stub).map_err(|error| anyhow::anyhow!("{}", one_line(&format!("{error:#}"))))
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

/// The core module exports what the world lists, no less and no more. The encoder names one missing export at a time, and
/// by a mangled name.
fn check_exports(core: &[u8], resolve: &Resolve, world: WorldId, name: &str) -> anyhow::Result<()> {
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
    if !missing.is_empty() {
        bail!(
            "the world {name} asks for exports that it lacks: {}",
            missing.join(", ")
        );
    }
    // The encoder would leave them out, and with them a policy that somebody meant.
    let listed: Vec<String> = resolve.worlds[world]
        .exports
        .keys()
        .map(|key| resolve.name_world_key(key) + "#")
        .collect();
    let unlisted = exported
        .iter()
        .find(|export| export.starts_with("transferhost:") && !listed.iter().any(|it| export.starts_with(it)));
    match unlisted {
        Some(export) => bail!(
            "it exports {}, which the world {name} does not list",
            crate::escape::escape(export)
        ),
        None => Ok(()),
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
