//! What a project's plugin decides.

use std::path::Path;

use transferhost::Callback;
use transferhost_tests::command::Transferhost;

/// Just these callbacks, with commas between, and no other.
pub(crate) fn decides_just(project: &Path, callbacks: &str, what: &str) {
    let inspected = Transferhost::new()
        .args(["inspect", "--json"])
        .arg(project.join("plugin.wasm"))
        .end()
        .text();
    for callback in Callback::ALL.map(Callback::name) {
        let there = inspected.contains(&format!("\"name\":\"{callback}\""));
        let wanted = callbacks.split(',').any(|it| it == callback);
        assert_eq!(there, wanted, "{what} {callbacks}: {callback}: {inspected}");
    }
}
