//! A project in Go, for TinyGo or for standard Go: the same source, another compiler.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use heck::ToUpperCamelCase as _;
use wit_bindgen_core::Files as Generated;
use wit_parser::{Resolve, WorldId, WorldItem};

use super::{Files, OLDEST_GO, Project};
use crate::callback::Callback;

/// Two compilers take the same source, each with a command of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compiler {
    Tinygo,
    Go,
}

/// The bindings' runtime package: types, and memory that outlives a call of the collector.
const RUNTIME: [(&str, &str); 6] = [
    ("runtime/go.mod", include_str!("go/runtime/go.mod")),
    (
        "runtime/wit/types/types.go",
        include_str!("go/runtime/wit/types/types.go"),
    ),
    (
        "runtime/wit/runtime/memory.go",
        include_str!("go/runtime/wit/runtime/memory.go"),
    ),
    (
        "runtime/wit/runtime/multiply.go",
        include_str!("go/runtime/wit/runtime/multiply.go"),
    ),
    (
        "runtime/wit/runtime/pinner.go",
        include_str!("go/runtime/wit/runtime/pinner.go"),
    ),
    (
        "runtime/wit/runtime/realloc.go",
        include_str!("go/runtime/wit/runtime/realloc.go"),
    ),
];

const TARGET: &str = include_str!("go/plugin.json");

pub(super) fn files(project: &Project, compiler: Compiler) -> anyhow::Result<Files> {
    // `example` is nobody's, and no name under it is one of the standard library's.
    let name = &format!("example/{}", project.name);
    let module = format!(
        "module {name}\n\ngo 1.{OLDEST_GO}\n\nrequire go.bytecodealliance.org/pkg v0.4.0\n\n\
         // The name that generated bindings import; what stands behind it lies here.\n\
         replace go.bytecodealliance.org/pkg => ./runtime\n"
    );
    let (language, compile) = match compiler {
        Compiler::Tinygo => (
            "TinyGo",
            "\ttinygo build -target=plugin.json -no-debug -o core.wasm ./bindings\n",
        ),
        Compiler::Go => (
            "Go",
            "\tGOOS=wasip1 GOARCH=wasm go build -trimpath -buildvcs=false -buildmode=c-shared -ldflags=-w -o core.wasm ./bindings\n",
        ),
    };
    let build = format!(
        "{compile}\t$(TRANSFERHOST) componentize core.wasm --wit wit --world plugin -o plugin.wasm\n\n\
         # After a change of wit/world.wit.\nbindings:\n\t$(TRANSFERHOST) bindings --wit wit --world plugin --package {name} -o bindings\n\n\
         .PHONY: bindings\n"
    );
    let sources = "go.mod $(wildcard *.go */*.go */*/*.go */*/*/*.go)";
    let mut files: Files = vec![
        ("go.mod".into(), module),
        ("plugin.go".into(), source(name, &project.callbacks)),
        ("Makefile".into(), project.makefile(sources, &build)),
        ("README.md".into(), project.readme(language, "plugin.go")),
    ];
    if compiler == Compiler::Tinygo {
        files.push(("plugin.json".into(), TARGET.to_owned()));
    }
    files.extend(RUNTIME.map(|(path, text)| (path.into(), text.to_owned())));
    files.extend(project_bindings(project)?);
    Ok(files)
}

/// The bindings of the project's world.
fn project_bindings(project: &Project) -> anyhow::Result<Files> {
    let mut resolve = Resolve::default();
    let mut package = None;
    let wit = project.wit();
    // The package that the world is written in comes before the world.
    for (path, text) in wit
        .iter()
        .rev()
        .filter(|(path, _)| path.extension().is_some_and(|it| it == "wit"))
    {
        package = Some(resolve.push_str(path, text)?);
    }
    let package = package.context("the project has no world")?;
    let world = resolve.select_world(&[package], Some("plugin"))?;
    let files = bindings(&mut resolve, world, &format!("example/{}", project.name))?;
    Ok(files
        .into_iter()
        .map(|(path, text)| (Path::new("bindings").join(path), text))
        .collect())
}

/// The bindings of a world, glued to the package of this import path that the author writes; they are to lie in its
/// folder `bindings`.
pub(super) fn bindings(resolve: &mut Resolve, world: WorldId, package: &str) -> anyhow::Result<Files> {
    let options = wit_bindgen_go::Opts {
        format: wit_bindgen_go::Format::False,
        pkg_name: Some(format!("{package}/bindings")),
        quiet: true,
        ..wit_bindgen_go::Opts::default()
    };
    let mut generated = Generated::default();
    options.build().generate(resolve, world, &mut generated)?;
    let mut files = Files::new();
    for (path, text) in generated.iter().filter(|(path, _)| path.ends_with(".go")) {
        files.push((path.into(), own_pinner(path, str::from_utf8(text)?)?));
    }
    for (key, item) in &resolve.worlds[world].exports {
        let WorldItem::Interface { id, .. } = item else {
            bail!("a world may export interfaces only")
        };
        let name = format!("export_{}", snake(&resolve.name_world_key(key)));
        let mut glue = format!("package {name}\n\nimport plugin \"{package}\"\n\n");
        for function in resolve.interfaces[*id].functions.keys() {
            let function = function.to_upper_camel_case();
            glue.push_str(&format!("var {function} = plugin.{function}\n"));
        }
        files.push((format!("exports/{name}/glue.go").into(), glue));
    }
    let main = format!("package main\n\nimport _ \"{package}/bindings/exports/wit_exports\"\n\nfunc main() {{}}\n");
    files.push(("main.go".into(), main));
    Ok(files)
}

/// The generated code keeps memory alive by Go's `runtime.Pinner`, which TinyGo has not; ours does it for both, and
/// tells an import from a callback besides.
fn own_pinner(path: &str, text: &str) -> anyhow::Result<String> {
    const GO: &str = "\"runtime\"\n";
    const OURS: &str = "runtime \"go.bytecodealliance.org/pkg/wit/runtime\"\n";
    let as_known = text.matches(GO).count() == usize::from(text.contains("runtime.Pinner"));
    ensure!(as_known, "{path}: generated otherwise than expected");
    let text = text.replace(GO, OURS);
    if !path.ends_with("wit_exports.go") {
        return Ok(text);
    }
    ensure!(
        text.matches("= runtime.Pinner{}").count() == 2,
        "{path}: generated otherwise than expected"
    );
    Ok(text.replace("= runtime.Pinner{}", "= runtime.ExportPinner()"))
}

/// `transferhost:callbacks/write-end@0.1.0` as the generator names its package: `transferhost_callbacks_write_end`.
fn snake(interface: &str) -> String {
    let name = interface.split_once('@').map_or(interface, |(name, _)| name);
    name.replace([':', '/', '-'], "_")
}

fn source(name: &str, callbacks: &[Callback]) -> String {
    let mut imports = Vec::new();
    let mut functions = String::new();
    for callback in callbacks {
        let (packages, function) = neutral(*callback);
        for package in packages {
            let alias = package.replace('-', "_");
            imports.push(format!(
                "\t{alias} \"{name}/bindings/imports/transferhost_callbacks_{alias}\"\n"
            ));
        }
        functions.push('\n');
        functions.push_str(function);
    }
    imports.sort();
    imports.dedup();
    imports.push("\t\"go.bytecodealliance.org/pkg/wit/types\"\n".to_owned());
    format!(
        "// Package plugin decides what the world in wit/world.wit lists.\npackage plugin\n\nimport (\n{})\n{functions}",
        imports.concat()
    )
}

/// The function that changes nothing, and the packages that it names.
fn neutral(callback: Callback) -> (&'static [&'static str], &'static str) {
    match callback {
        Callback::Start => (
            &["request"],
            "// The request is lent: it must be given back before this returns.\nfunc OnStart(request *request.Request) types.Result[types.Unit, string] {\n\tdefer request.Drop()\n\treturn types.Ok[types.Unit, string](types.Unit{})\n}\n",
        ),
        Callback::Opensocket => (
            &["opensocket"],
            "func OnOpensocket(_ opensocket.Purpose, _ opensocket.Target) types.Result[opensocket.Verdict, string] {\n\treturn types.Ok[opensocket.Verdict, string](opensocket.MakeVerdictAllow())\n}\n",
        ),
        Callback::Xferinfo => (
            &[],
            "func OnXferinfo(_, _, _, _ uint64) types.Result[types.Unit, string] {\n\treturn types.Ok[types.Unit, string](types.Unit{})\n}\n",
        ),
        Callback::Header => (
            &["header"],
            "// The line is valid during the call only: copy what is kept.\nfunc OnHeader(_ []byte) types.Result[header.Action, string] {\n\treturn types.Ok[header.Action, string](header.MakeActionDeliver())\n}\n",
        ),
        Callback::Write => (
            &["write"],
            "// The chunk is valid during the call only: copy what is kept.\nfunc OnWrite(_ []byte) types.Result[write.Action, string] {\n\treturn types.Ok[write.Action, string](write.MakeActionDeliver())\n}\n",
        ),
        Callback::WriteEnd => (
            &[],
            "func OnWriteEnd() types.Result[[]byte, string] {\n\treturn types.Ok[[]byte, string](nil)\n}\n",
        ),
        Callback::Done => (
            &["done"],
            "func OnDone(_ done.Outcome) types.Result[types.Unit, string] {\n\treturn types.Ok[types.Unit, string](types.Unit{})\n}\n",
        ),
        Callback::Timer => (
            &[],
            "func OnTimer(_ types.Option[uint64]) types.Result[types.Unit, string] {\n\treturn types.Ok[types.Unit, string](types.Unit{})\n}\n",
        ),
        Callback::Sockopt => (
            &["sockopt", "socket-options"],
            "// The socket is lent: it must be given back before this returns.\nfunc OnSockopt(_ sockopt.Purpose, socket *socket_options.SocketOptions) types.Result[sockopt.Action, string] {\n\tdefer socket.Drop()\n\treturn types.Ok[sockopt.Action, string](sockopt.Action_Ok)\n}\n",
        ),
        Callback::Socket => (
            &["socket"],
            "func OnSocket(_ socket.What, _ socket.SocketId, _ types.Option[uint64]) types.Result[types.Unit, string] {\n\treturn types.Ok[types.Unit, string](types.Unit{})\n}\n",
        ),
        Callback::SshKey => (
            &["ssh-key"],
            "// What libcurl itself would say: fine, if the file of known hosts has this key.\nfunc OnSshKey(_ types.Option[ssh_key.Key], _ ssh_key.Key, match ssh_key.Match) types.Result[ssh_key.Action, string] {\n\tif match == ssh_key.Match_Ok {\n\t\treturn types.Ok[ssh_key.Action, string](ssh_key.Action_Fine)\n\t}\n\treturn types.Ok[ssh_key.Action, string](ssh_key.Action_Reject)\n}\n",
        ),
        Callback::Debug => (
            &["debug"],
            "// The data is valid during the call only: copy what is kept.\nfunc OnDebug(_ debug.Infotype, _ []byte) types.Result[types.Unit, string] {\n\treturn types.Ok[types.Unit, string](types.Unit{})\n}\n",
        ),
        Callback::Read => (
            &["read"],
            "func OnRead(_ uint32) types.Result[read.Action, string] {\n\treturn types.Ok[read.Action, string](read.MakeActionPass())\n}\n",
        ),
        Callback::Seek => (
            &["seek"],
            "func OnSeek(_ uint64) types.Result[seek.Action, string] {\n\treturn types.Ok[seek.Action, string](seek.Action_Ok)\n}\n",
        ),
        Callback::Ioctl => (
            &["ioctl"],
            "func OnIoctl(_ ioctl.Cmd) types.Result[ioctl.Action, string] {\n\treturn types.Ok[ioctl.Action, string](ioctl.Action_Ok)\n}\n",
        ),
        Callback::Progress => (
            &[],
            "func OnProgress(_, _, _, _ float64) types.Result[types.Unit, string] {\n\treturn types.Ok[types.Unit, string](types.Unit{})\n}\n",
        ),
        Callback::Redirect => (
            &["redirect"],
            "func OnRedirect(_ uint16, _, _ string) types.Result[redirect.Action, string] {\n\treturn types.Ok[redirect.Action, string](redirect.Action_Follow)\n}\n",
        ),
        Callback::Closesocket => (
            &["closesocket"],
            "func OnClosesocket(_ closesocket.SocketId) types.Result[types.Unit, string] {\n\treturn types.Ok[types.Unit, string](types.Unit{})\n}\n",
        ),
    }
}
