//! `transferhost new`: a small project that builds, runs and passes its own test at once.

mod go;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use super::args::{Bindings, Language, New};
use super::componentize::{check_types, world};
use super::whole::whole;
use super::wit;
use crate::callback::Callback;
use crate::escape::{escape, quote};
use crate::suggest;

/// The files of a project, by their paths inside it.
type Files = Vec<(PathBuf, String)>;

/// A project that is going to be written.
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
    // Generated sources and packages bear the name.
    if !project.wit_is_valid() || (arguments.lang != Language::Rust && project.name == "vendor") {
        bail!(
            "{} is a word that the generated sources cannot bear as a name: choose another, such as my-{}",
            project.name,
            project.name
        );
    }
    let mut files = project.wit();
    files.extend(match arguments.lang {
        Language::Rust => rust::files(&project),
        Language::Tinygo => go::files(&project, go::Compiler::Tinygo)?,
        Language::Go => go::files(&project, go::Compiler::Go)?,
    });
    whole(&arguments.path, |beside| write(beside, &files))?;
    let said = format!("{shown} is written: `make -C {shown} test` builds and tries it, its README.md says the rest\n");
    // It is written, whether or not anybody hears of it.
    let _ = std::io::Write::write_all(&mut std::io::stdout(), said.as_bytes());
    Ok(0)
}

/// What a folder of bindings holds.
const BINDINGS: [&str; 3] = ["main.go", "imports", "exports"];

/// Writes the bindings of a world, in the place of those of an earlier run.
pub(super) fn bindings(arguments: &Bindings) -> anyhow::Result<u8> {
    let package = &arguments.package;
    let element = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    if !package.split('/').all(element) {
        bail!(
            "{} is no import path of a Go package: write one such as example/my-guard",
            quote(package)
        );
    }
    let (mut resolve, world) = world(&arguments.wit, &arguments.world)?;
    // The generator follows types as deep as they go; what a component cannot have is refused before.
    check_types(&resolve, world).with_context(|| escape(&arguments.wit.to_string_lossy()))?;
    let files = go::bindings(&mut resolve, world, package)?;
    let shown = escape(&arguments.output.to_string_lossy());
    if arguments.output.is_file() {
        bail!("{shown} is a file: name the folder of the bindings");
    }
    if let Ok(there) = fs::read_dir(&arguments.output) {
        let mut names = there.flatten().map(|entry| entry.file_name());
        if let Some(other) = names.find(|name| !BINDINGS.iter().any(|ours| name == ours)) {
            bail!(
                "{shown} holds {}, which is no part of the bindings: give a folder of their own",
                escape(&other.to_string_lossy())
            );
        }
    }
    whole(&arguments.output, |beside| write(beside, &files))?;
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
            "{} is no name for a plugin: use words of lower-case letters and digits, each beginning with a letter, with hyphens between, such as my-guard",
            quote(&name)
        );
    }
    Ok(name)
}

fn callbacks(given: &[String]) -> anyhow::Result<Vec<Callback>> {
    let known = Callback::ALL.map(Callback::name);
    let mut callbacks = Vec::new();
    for name in given {
        let Some(callback) = Callback::from_name(name) else {
            let hint = match suggest::nearest(name, known) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", known.join(", ")),
            };
            bail!("there is no callback {}; {hint}", quote(name));
        };
        callbacks.push(callback);
    }
    callbacks.sort();
    callbacks.dedup();
    Ok(callbacks)
}

/// What builds the project must be there: one that cannot be built is no beginning.
fn require(language: Language) -> anyhow::Result<()> {
    let says = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        match command.args(arguments).stdin(Stdio::null()).output() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => bail!("{program} cannot be run: {error}"),
            Ok(said) if said.status.success() => Ok(Some(String::from_utf8_lossy(&said.stdout).trim().to_owned())),
            Ok(said) => bail!("{program} is there and fails ({}): see what it says", said.status),
        }
    };
    let make = || match says("make", &["--version"])? {
        Some(_) => Ok(()),
        None => bail!("make is not in PATH: install Debian's package make"),
    };
    if let Language::Rust = language {
        if says("cargo", &["--version"])?.is_none() {
            bail!("cargo is not in PATH: install Rust with rustup, https://rustup.rs");
        }
        let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
        let library = says(&rustc, &["--print", "target-libdir", "--target", "wasm32-wasip2"])?;
        if !library.is_some_and(|folder| Path::new(&folder).is_dir()) {
            bail!("Rust's target wasm32-wasip2 is missing: `rustup target add wasm32-wasip2` brings it");
        }
        return make();
    }
    if language == Language::Tinygo && says("tinygo", &["version"])?.is_none() {
        bail!("tinygo is not in PATH: install TinyGo, https://tinygo.org/getting-started/install");
    }
    let Some(go) = says("go", &["env", "GOVERSION"])? else {
        bail!("go is not in PATH: install Go 1.{OLDEST_GO} or newer, https://go.dev/dl");
    };
    let minor = go
        .strip_prefix("go1.")
        .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok());
    if minor.is_some_and(|minor| minor < OLDEST_GO) {
        bail!(
            "{} is too old: install Go 1.{OLDEST_GO} or newer, https://go.dev/dl",
            escape(&go)
        );
    }
    if language == Language::Tinygo && says("wasm-opt", &["--version"])?.is_none() {
        bail!("wasm-opt, which TinyGo calls, is not in PATH: install Debian's package binaryen");
    }
    make()
}

/// The oldest Go 1.x whose runtime the projects were tried with.
const OLDEST_GO: u32 = 26;

impl Project {
    /// Whether WIT takes the name: its keywords are none.
    fn wit_is_valid(&self) -> bool {
        let mut resolve = wit_parser::Resolve::default();
        resolve
            .push_str("world.wit", &format!("package plugin:{};\n", self.name))
            .is_ok()
    }

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
            (
                ".gitignore".into(),
                "/target\n/plugin.wasm\n/plugin.out\n/core.wasm\n".to_owned(),
            ),
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
             empty :=\nhash := \\#\n\
             here = $(subst $(empty) ,%20,$(subst $(hash),%23,$(subst ?,%3F,$(subst %,%25,$(CURDIR)))))\n\n\
             test: plugin.wasm\n\
             \t$(TRANSFERHOST) inspect plugin.wasm\n\
             \t$(TRANSFERHOST) run plugin.wasm -s -S -o plugin.out 'file://$(here)/README.md'\n\
             \tcmp plugin.out README.md\n\
             \t@rm plugin.out\n\
             \t@echo {name}: ok\n\n\
             run: plugin.wasm\n\
             \t$(TRANSFERHOST) run --trace-calls plugin.wasm $(URL)\n\n\
             clean:\n\
             \trm -rf plugin.wasm plugin.out core.wasm $(TARGET)\n\n\
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
        let uploads = [Callback::Read, Callback::Seek, Callback::Ioctl];
        let upload = match self.callbacks.iter().any(|callback| uploads.contains(callback)) {
            true => {
                "- Only an upload asks for bytes: `transferhost run plugin.wasm -T FILE URL`, or `-T -` for what the plugin sends by\n  itself.\n"
            }
            false => "",
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
             {prints}\n{upload}\
             - `transferhost run --trace-calls plugin.wasm URL` shows each call, its verdict and what it cost;\n  \
             `--outcome -` shows how the transfer ended, as JSON.\n",
            decides.join(", ")
        )
    }
}
