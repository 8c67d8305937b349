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
        (
            "Makefile".into(),
            project.makefile("Cargo.toml $(wildcard src/*.rs src/*/*.rs)", &build),
        ),
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
        Callback::Timer => {
            "impl exports::transferhost::callbacks::timer::Guest for Plugin {
    fn on_timer(_timeout: Option<u64>) -> Result<(), String> {
        Ok(())
    }
}
"
        }
        Callback::Sockopt => {
            "use transferhost::callbacks::socket_options::SocketOptions;

impl exports::transferhost::callbacks::sockopt::Guest for Plugin {
    fn on_sockopt(_purpose: transferhost::callbacks::types::Purpose, _socket: &SocketOptions) -> Result<exports::transferhost::callbacks::sockopt::Action, String> {
        Ok(exports::transferhost::callbacks::sockopt::Action::Ok)
    }
}
"
        }
        Callback::Socket => {
            "impl exports::transferhost::callbacks::socket::Guest for Plugin {
    fn on_socket(
        _what: exports::transferhost::callbacks::socket::What,
        _socket: u64,
        _assigned: Option<u64>,
    ) -> Result<(), String> {
        Ok(())
    }
}
"
        }
        Callback::SshKey => {
            "use exports::transferhost::callbacks::ssh_key::{Action, Key, Match};

impl exports::transferhost::callbacks::ssh_key::Guest for Plugin {
    fn on_ssh_key(_known: Option<Key>, _found: Key, matched: Match) -> Result<Action, String> {
        // What libcurl itself would say: fine, if the file of known hosts has this key.
        Ok(match matched {
            Match::Ok => Action::Fine,
            Match::Mismatch | Match::Missing => Action::Reject,
        })
    }
}
"
        }
        Callback::Debug => {
            "impl exports::transferhost::callbacks::debug::Guest for Plugin {
    fn on_debug(
        _infotype: exports::transferhost::callbacks::debug::Infotype,
        _data: Vec<u8>,
    ) -> Result<(), String> {
        Ok(())
    }
}
"
        }
        Callback::Read => {
            "impl exports::transferhost::callbacks::read::Guest for Plugin {
    fn on_read(_max: u32) -> Result<exports::transferhost::callbacks::read::Action, String> {
        Ok(exports::transferhost::callbacks::read::Action::Pass)
    }
}
"
        }
        Callback::Seek => {
            "impl exports::transferhost::callbacks::seek::Guest for Plugin {
    fn on_seek(_offset: u64) -> Result<exports::transferhost::callbacks::seek::Action, String> {
        Ok(exports::transferhost::callbacks::seek::Action::Ok)
    }
}
"
        }
        Callback::Ioctl => {
            "impl exports::transferhost::callbacks::ioctl::Guest for Plugin {
    fn on_ioctl(
        _cmd: exports::transferhost::callbacks::ioctl::Cmd,
    ) -> Result<exports::transferhost::callbacks::ioctl::Action, String> {
        Ok(exports::transferhost::callbacks::ioctl::Action::Ok)
    }
}
"
        }
        Callback::Progress => {
            "impl exports::transferhost::callbacks::progress::Guest for Plugin {
    fn on_progress(_dltotal: f64, _dlnow: f64, _ultotal: f64, _ulnow: f64) -> Result<(), String> {
        Ok(())
    }
}
"
        }
        Callback::Redirect => {
            "impl exports::transferhost::callbacks::redirect::Guest for Plugin {
    fn on_redirect(
        _status: u16,
        _source: String,
        _target: String,
    ) -> Result<exports::transferhost::callbacks::redirect::Action, String> {
        Ok(exports::transferhost::callbacks::redirect::Action::Follow)
    }
}
"
        }
        Callback::Closesocket => {
            "impl exports::transferhost::callbacks::closesocket::Guest for Plugin {
    fn on_closesocket(_socket: u64) -> Result<(), String> {
        Ok(())
    }
}
"
        }
    }
}
