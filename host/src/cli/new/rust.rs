//! A project in Rust: nothing but `wit-bindgen` and the target `wasm32-wasip2`.

use super::{Files, Project};
use crate::callback::Callback;

/// wit-bindgen's version, the one that the examples are built with.
const WIT_BINDGEN: &str = "0.63.0";

pub(super) fn files(project: &Project) -> Files {
    let name = &project.name;
    let file = name.replace('-', "_");
    let cargo = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\nwit-bindgen = \"={WIT_BINDGEN}\"\n\n# Names stay, so that a trap shows where it was.\n\
         [profile.release]\nopt-level = \"s\"\nlto = true\npanic = \"abort\"\nstrip = \"debuginfo\"\n\n\
         # A project of its own, wherever it stands.\n[workspace]\n"
    );
    let build = format!(
        "\tcargo build --release --target wasm32-wasip2 --target-dir $(TARGET)\n\
         \tcp $(TARGET)/wasm32-wasip2/release/{file}.wasm plugin.wasm\n"
    );
    vec![
        ("Cargo.toml".into(), cargo),
        ("src/lib.rs".into(), source(&project.callbacks)),
        ("Makefile".into(), project.makefile("src/lib.rs Cargo.toml", &build)),
        ("README.md".into(), project.readme("Rust", "src/lib.rs")),
    ]
}

fn source(callbacks: &[Callback]) -> String {
    let mut text =
        "wit_bindgen::generate!({ path: \"wit\", world: \"plugin\", generate_all });\n\nstruct Plugin;\n\n".to_owned();
    for callback in callbacks {
        text.push_str(neutral(*callback));
        text.push('\n');
    }
    text.push_str("export!(Plugin);\n");
    text
}

/// The function that changes nothing.
fn neutral(callback: Callback) -> &'static str {
    match callback {
        Callback::Start => {
            "impl exports::transferhost::callbacks::start::Guest for Plugin {
    fn on_start(_request: &transferhost::callbacks::request::Request) -> Result<(), String> {
        Ok(())
    }
}
"
        }
        Callback::Opensocket => {
            "use exports::transferhost::callbacks::opensocket::{Purpose, Target, Verdict};

impl exports::transferhost::callbacks::opensocket::Guest for Plugin {
    fn on_opensocket(_purpose: Purpose, _target: Target) -> Result<Verdict, String> {
        Ok(Verdict::Allow)
    }
}
"
        }
        Callback::Xferinfo => {
            "impl exports::transferhost::callbacks::xferinfo::Guest for Plugin {
    fn on_xferinfo(_dltotal: u64, _dlnow: u64, _ultotal: u64, _ulnow: u64) -> Result<(), String> {
        Ok(())
    }
}
"
        }
        Callback::Header => {
            "impl exports::transferhost::callbacks::header::Guest for Plugin {
    fn on_header(_line: Vec<u8>) -> Result<exports::transferhost::callbacks::header::Action, String> {
        Ok(exports::transferhost::callbacks::header::Action::Deliver)
    }
}
"
        }
        Callback::Write => {
            "impl exports::transferhost::callbacks::write::Guest for Plugin {
    fn on_write(_chunk: Vec<u8>) -> Result<exports::transferhost::callbacks::write::Action, String> {
        Ok(exports::transferhost::callbacks::write::Action::Deliver)
    }
}
"
        }
        Callback::WriteEnd => {
            "impl exports::transferhost::callbacks::write_end::Guest for Plugin {
    fn on_write_end() -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}
"
        }
        Callback::Done => {
            "impl exports::transferhost::callbacks::done::Guest for Plugin {
    fn on_done(_outcome: exports::transferhost::callbacks::done::Outcome) -> Result<(), String> {
        Ok(())
    }
}
"
        }
        // No plugin exports these yet.
        Callback::Read | Callback::Seek => "",
    }
}
