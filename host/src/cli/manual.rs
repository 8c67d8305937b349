//! `man`: a page for each subcommand, from the definition that `--help` is made of, and what a page has besides.

use anyhow::anyhow;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::args::{Cli, EXAMPLES, version};
use super::pages::{print, whole};

/// Codes of the whole command, and when it ends with them.
const EXIT: &[(&str, &str)] = &[
    ("0", "It did what it was asked to."),
    (
        "2",
        "The command line is wrong, or a file that it names; what is wrong stands on stderr, in one sentence.",
    ),
];

/// `policy check`'s besides.
const EXIT_OF_CHECK: &[(&str, &str)] = &[("1", "One of the addresses may not be dialled.")];

/// `run`'s, which are curl's. README.md has the same; a test compares them.
const EXIT_OF_RUN: &[(&str, &str)] = &[
    ("0", "all went well; also where a plugin answered finish"),
    (
        "2",
        "the plugin cannot be loaded or instantiated, or the command line is wrong",
    ),
    ("3", "the URL cannot be read"),
    (
        "7",
        "every address was denied, which -v gives the rule of, or opensocket failed",
    ),
    (
        "23",
        "write, write-end or header failed, or the output cannot be written",
    ),
    (
        "26",
        "a file that is sent cannot be read; read sent more than was asked for, or less than was announced",
    ),
    ("28", "out of time, or of the time that a plugin may pause"),
    ("42", "one of the other callbacks failed"),
    (
        "60",
        "ssh-key failed or rejected the host; a certificate or a host cannot be verified",
    ),
    (
        "63",
        "the body, what it grows to, its headers, what is delivered or what is sent is more than the policy allows",
    ),
    ("65", "seek or ioctl failed, or nobody could send the upload again"),
    ("130", "interrupted by Ctrl-C"),
    ("others", "libcurl's own, see man curl, EXIT CODES"),
];

/// What of the environment `run` reads.
const ENVIRONMENT_OF_RUN: &[(&str, &str)] = &[
    (
        "XDG_CACHE_HOME, HOME",
        "Where compiled plugins are kept, and under HOME the files of curl's that are named below.",
    ),
    (
        "http_proxy, HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        "Proxies, as curl reads them; not under the policy tenant.",
    ),
    (
        "CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR",
        "Where CA certificates are, in this order, where neither --cacert nor --capath says so.",
    ),
    ("NO_COLOR", "Where it is set, help has no colours on a terminal either."),
];

/// The files that `run` reads or writes unasked, or by a short name.
const FILES_OF_RUN: &[(&str, &str)] = &[
    (
        "$XDG_CACHE_HOME/transferhost, else ~/.cache/transferhost",
        "Compiled plugins; the folder may be deleted at any time.",
    ),
    (
        "~/.ssh/known_hosts",
        "The SSH hosts that are known, where --knownhosts names no file.",
    ),
    (
        "~/.netrc",
        "User names and passwords, where -n or --netrc-optional asks for them.",
    ),
];

/// The names of the pages, but for that of the whole: `run`, `policy-check`.
pub(super) fn names(command: &Command) -> Vec<String> {
    let with_own = |sub: &Command| {
        let inner = names(sub)
            .into_iter()
            .map(|inner| format!("{}-{inner}", sub.get_name()));
        [sub.get_name().to_owned()].into_iter().chain(inner).collect::<Vec<_>>()
    };
    command.get_subcommands().flat_map(with_own).collect()
}

/// Writes a page to stdout, that of all or that of one subcommand.
pub(super) fn man(of: Option<&str>) -> anyhow::Result<u8> {
    let mut whole = whole().disable_help_subcommand(true);
    whole.build();
    let command = match of {
        None => whole,
        Some(name) => find(&whole, name).cloned().ok_or_else(|| {
            anyhow!(
                "man {}: there is no such subcommand, only {}",
                crate::escape::escape(name),
                names(&Cli::command()).join(", ")
            )
        })?,
    };
    print(&page(command, of)?)
}

/// The subcommand of this page.
fn find<'c>(command: &'c Command, name: &str) -> Option<&'c Command> {
    let below = |sub: &'c Command| match name.strip_prefix(sub.get_name())? {
        "" => Some(sub),
        rest => find(sub, rest.strip_prefix('-')?),
    };
    command.get_subcommands().find_map(below)
}

fn page(command: Command, of: Option<&str>) -> std::io::Result<Vec<u8>> {
    let nested = command.has_subcommands();
    let man = Man::new(command)
        .source(concat!("transferhost ", env!("CARGO_PKG_VERSION")))
        .manual("transferhost");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if nested {
        man.render_subcommands_section(&mut page)?;
    }
    let mut rest = Roff::new();
    if of == Some("run") {
        rest.control("SH", ["EXAMPLES"]);
        for example in EXAMPLES {
            rest.control("PP", []);
            rest.text([roman(example)]);
        }
        list(&mut rest, "EXIT STATUS", EXIT_OF_RUN);
        list(&mut rest, "ENVIRONMENT", ENVIRONMENT_OF_RUN);
        list(&mut rest, "FILES", FILES_OF_RUN);
    } else {
        let denied = if of == Some("policy-check") { EXIT_OF_CHECK } else { &[] };
        list(&mut rest, "EXIT STATUS", &[EXIT, denied].concat());
    }
    rest.control("SH", ["VERSION"]);
    rest.text([roman(version())]);
    rest.control("SH", ["SEE ALSO"]);
    let see = if of.is_some() {
        "transferhost(1), curl(1)"
    } else {
        "curl(1)"
    };
    rest.text([roman(see)]);
    rest.to_writer(&mut page)?;
    Ok(page)
}

fn list(page: &mut Roff, heading: &str, rows: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (name, about) in rows {
        page.control("TP", []);
        page.text([bold(*name)]);
        page.text([roman(*about)]);
    }
}
