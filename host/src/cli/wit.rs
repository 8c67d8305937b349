//! `transferhost wit`: the package, as one file that a component's build can use as it is.

use std::fmt::Write as _;

/// All files of `wit/`, as `build.rs` joins them.
const CALLBACKS: &str = include_str!(concat!(env!("OUT_DIR"), "/callbacks.wit"));

const CONFIG: &str = include_str!("../../wit/deps/wasi-config/store.wit");

/// Prints it.
pub(super) fn wit() -> anyhow::Result<u8> {
    use std::io::Write as _;
    std::io::stdout().write_all(text().as_bytes())?;
    Ok(0)
}

/// All files under one package line, and the one package that they use nested behind them.
pub(super) fn text() -> String {
    let mut text = CALLBACKS.to_owned();
    let _ = write!(
        text,
        "\n/// Where `--set key=value` is read.\npackage wasi:config@0.2.0-rc.1 {{\n"
    );
    for line in CONFIG.lines().map(str::trim_end) {
        let _ = if line.is_empty() {
            writeln!(text)
        } else {
            writeln!(text, "    {line}")
        };
    }
    text.push_str("}\n");
    text
}
