//! `transferhost wit`: the package, as one file that a component's build can use as it is.

use std::fmt::Write as _;

const HEAD: &str = "package transferhost:callbacks@0.1.0;\n";

const FILES: [&str; 14] = [
    include_str!("../../wit/types.wit"),
    include_str!("../../wit/lifetime.wit"),
    include_str!("../../wit/socket.wit"),
    include_str!("../../wit/ssh.wit"),
    include_str!("../../wit/multi.wit"),
    include_str!("../../wit/debug.wit"),
    include_str!("../../wit/read.wit"),
    include_str!("../../wit/progress.wit"),
    include_str!("../../wit/header.wit"),
    include_str!("../../wit/redirect.wit"),
    include_str!("../../wit/write.wit"),
    include_str!("../../wit/transfer.wit"),
    include_str!("../../wit/net.wit"),
    include_str!("../../wit/worlds.wit"),
];

const CONFIG: &str = include_str!("../../wit/deps/wasi-config/store.wit");

/// Prints it.
pub(super) fn wit() -> anyhow::Result<u8> {
    use std::io::Write as _;
    std::io::stdout().write_all(text().as_bytes())?;
    Ok(0)
}

/// All files under one package line, and the one package that they use nested behind them.
pub(super) fn text() -> String {
    let mut text = HEAD.to_owned();
    for file in FILES {
        text.push_str(file.strip_prefix(HEAD).unwrap_or(file));
    }
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
