//! Components whose core is written by hand, for what no compiler lets a guest do. Their types come from `wit/`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use transferhost::Callback;
use transferhost_tests::command::Transferhost;
use transferhost_tests::root;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, WorldId, WorldItem};

/// The core of a component. Each of its callbacks does the same.
#[derive(Clone, Copy)]
pub(crate) struct Core<'a> {
    pub(crate) callbacks: &'a [Callback],
    pub(crate) imports: &'a str,
    /// What it has besides.
    pub(crate) has: &'a str,
    /// What realloc leaves: where the host may write.
    pub(crate) realloc: &'a str,
    /// Whether what it was lent is given back before it does anything.
    pub(crate) gives_back: bool,
    /// What a callback leaves: where its answer is.
    pub(crate) answer: &'a str,
    /// What is run when the host has read the answer.
    pub(crate) post: &'a str,
}

impl Default for Core<'_> {
    /// Answers ok, and where there are cases the first.
    fn default() -> Self {
        Self {
            callbacks: &Callback::ALL,
            imports: "",
            has: "",
            realloc: "i32.const 65536",
            gives_back: true,
            answer: "i32.const 0",
            post: "",
        }
    }
}

/// At 0 all is zeros: ok. At 16 stands err("refused").
const MEMORY: &str = r#"
    (memory (export "memory") 8)
    (data (i32.const 16) "\01\00\00\00\20\00\00\00\07\00\00\00")
    (data (i32.const 32) "refused")"#;

impl Core<'_> {
    /// The component's bytes.
    pub(crate) fn component(&self) -> Vec<u8> {
        let folder = TempDir::with_prefix("transferhost-made-").expect("there is room for files");
        let path = |name: &str| folder.path().join(name);
        let exports = self.callbacks.iter();
        let exports: String = exports
            .map(|it| format!("export transferhost:callbacks/{it}@0.1.0;"))
            .collect();
        fs::create_dir(path("wit")).expect("there is room for files");
        copy(&root().join("wit"), &path("wit/deps/callbacks"));
        copy(&root().join("wit/deps"), &path("wit/deps"));
        fs::write(
            path("wit/made.wit"),
            format!("package hostile:made; world made {{ {exports} }}"),
        )
        .expect("a world");

        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(path("wit")).expect("the WIT can be read");
        let world = resolve.select_world(&[package], Some("made")).expect("the world");
        let core = self.module(&resolve, world);
        let module = wat::parse_str(&core).unwrap_or_else(|error| panic!("{error}\n{core}"));
        fs::write(path("core.wasm"), module).expect("there is room for files");
        let made = Transferhost::new()
            .in_folder(folder.path())
            .args([
                "componentize",
                "core.wasm",
                "--wit",
                "wit",
                "--world",
                "made",
                "-o",
                "made.wasm",
            ])
            .end();
        assert_eq!((made.code(), made.stderr.as_str()), (Some(0), ""), "{core}");
        fs::read(path("made.wasm")).expect("the component was just made")
    }

    fn module(&self, resolve: &Resolve, world: WorldId) -> String {
        let Self {
            imports,
            has,
            realloc,
            answer,
            post,
            ..
        } = self;
        let mut functions = String::new();
        for (key, item) in &resolve.worlds[world].exports {
            let WorldItem::Interface { id, .. } = item else {
                continue;
            };
            for function in resolve.interfaces[*id].functions.values() {
                let name = format!("{}#{}", resolve.name_world_key(key), function.name);
                let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
                let params: String = signature
                    .params
                    .iter()
                    .map(|ty| format!(" {}", core_type(*ty)))
                    .collect();
                let back = match function.name.as_str() {
                    "on-start" if self.gives_back => "(call $drop-request (local.get 0))",
                    "on-sockopt" if self.gives_back => "(call $drop-socket (local.get 1))",
                    _ => "",
                };
                functions += &format!(
                    "(func (export \"{name}\") (param{params}) (result i32) {back} {answer})\n\
                     (func (export \"cabi_post_{name}\") (param i32) {post})\n"
                );
            }
        }
        let lent = |callback, interface: &str, name| match self.callbacks.contains(&callback) {
            true => format!(
                "(import \"transferhost:callbacks/{interface}@0.1.0\" \"[resource-drop]{interface}\" \
                 (func $drop-{name} (param i32)))"
            ),
            false => String::new(),
        };
        let lent = lent(Callback::Start, "request", "request") + &lent(Callback::Sockopt, "socket-options", "socket");
        format!(
            "(module {lent} {imports} {MEMORY} {has}\n\
             (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) {realloc})\n{functions})"
        )
    }
}

fn core_type(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        _ => "i32",
    }
}

/// The files of a folder, and its folders of files.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("there is room for files");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("a folder's entry").path();
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_file() {
            fs::copy(&path, &to).expect("there is room for files");
        } else if path.file_name().is_some_and(|name| name != "deps") {
            copy(&path, &to);
        }
    }
}
