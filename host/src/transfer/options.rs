//! What is wanted of a transfer beyond the plain: curl's rarer options, by their meaning.

use std::path::PathBuf;
use std::time::Duration;

use super::spec::SpecError;
use crate::escape::quote;

/// What an HTTP request says beyond its method, headers and body; `range` and `time_condition` count elsewhere too.
#[derive(Clone, Debug, Default)]
pub struct Http {
    /// Whether only the headers are asked for, HTTP's HEAD (`-I`).
    pub head: bool,
    /// What is added to the URL's query, as it is (`-G`, `--url-query`).
    pub query: Option<Vec<u8>>,
    /// The Referer header (`-e`).
    pub referer: Option<String>,
    /// Whether a redirect is followed with a Referer header that says from where (`-e ';auto'`).
    pub auto_referer: bool,
    /// The Cookie header (`-b NAME=VALUE`). libcurl leaves it out where a redirect leads to another
    /// host, but an older one, such as 7.88.1, does not.
    pub cookie: Option<String>,
    /// The bytes that are asked for, such as `0-99` or `-500` (`-r`).
    pub range: Option<String>,
    /// On what condition anything is sent (`-z`).
    pub time_condition: Option<TimeCondition>,
    /// After which redirects a POST stays one.
    pub keeps_post: PostRedirect,
    /// The target of the request line, in place of the URL's path and query (`--request-target`).
    pub target: Option<String>,
    /// Whether `/../` and `/./` stay in the URL's path (`--path-as-is`).
    pub path_as_is: bool,
    /// A token of OAuth 2.0 (`--oauth2-bearer`).
    pub bearer: Option<String>,
    /// Whether credentials go along to whatever host a redirect leads to (`--location-trusted`).
    pub trusts_location: bool,
}

/// A condition on when a document changed, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeCondition {
    /// If it was modified since.
    ModifiedSince(i64),
    /// If it was not.
    UnmodifiedSince(i64),
    /// By its Last-Modified header.
    LastModified(i64),
}

/// After which redirects a POST is sent again as a POST and not as a GET.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostRedirect {
    /// After a 301 (`--post301`).
    pub moved_permanently: bool,
    /// After a 302 (`--post302`).
    pub found: bool,
    /// After a 303 (`--post303`).
    pub see_other: bool,
}

/// How fast, how slow and how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// The most bytes a second, either way (`--limit-rate`).
    pub rate: Option<u64>,
    /// Fewer bytes a second than this over the time below end the transfer with CURLE_OPERATION_TIMEDOUT (28) (`-Y`).
    /// Under a policy that guards the network only what is stricter than its own counts.
    pub speed_limit: Option<u64>,
    /// Over how long, in whole seconds (`-y`).
    pub speed_time: Option<Duration>,
    /// The most bytes of a body, CURLE_FILESIZE_EXCEEDED (63) (`--max-filesize`). A libcurl before 8.4.0 goes by the
    /// size that is announced alone.
    pub largest: Option<u64>,
}

/// Whom a transfer reaches, and by what way.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Addresses in place of the resolver's, each `HOST:PORT:ADDRESS[,ADDRESS]` (`--resolve`).
    pub resolve: Vec<String>,
    /// Whom to connect to in place of the URL's host, each `HOST:PORT:HOST:PORT` (`--connect-to`).
    pub connect_to: Vec<String>,
    /// The interface, address or name to connect from (`--interface`).
    pub interface: Option<String>,
    /// Which addresses of a name count (`-4`, `-6`).
    pub ip: IpVersion,
    /// Whether TCP probes a connection that is silent: the curl tool's default, and not libcurl's (`--no-keepalive`).
    pub keepalive: bool,
    /// After how long of silence a probe is sent, and how long after it the next, in whole seconds
    /// (`--keepalive-time`); libcurl's default is 60.
    pub keepalive_time: Option<Duration>,
    /// How long IPv6 is tried alone, in whole milliseconds (`--happy-eyeballs-timeout-ms`).
    pub happy_eyeballs: Option<Duration>,
    /// The schemes that may be used, by libcurl's names; none at all is an error (`--proto`).
    pub schemes: Option<Vec<String>>,
    /// The schemes that a redirect may lead to (`--proto-redir`).
    pub redirect_schemes: Option<Vec<String>>,
    /// The scheme of a URL that names none; `None` guesses from the host's name (`--proto-default`).
    pub default_scheme: Option<String>,
}

impl Route {
    /// libcurl takes each of these lines as it is, up to the first NUL, and splits it by its own rules.
    pub(super) fn check(&self) -> Result<(), SpecError> {
        let resolve = self.resolve.iter().map(|line| ("--resolve", line));
        let connect_to = self.connect_to.iter().map(|line| ("--connect-to", line));
        let interface = self.interface.iter().map(|name| ("--interface", name));
        let mut all = resolve.chain(connect_to).chain(interface);
        match all.find(|(_, line)| line.contains(char::is_control)) {
            Some((flag, line)) => Err(SpecError {
                what: format!("{flag} {} holds a control character: leave it out", quote(line)),
                url: false,
            }),
            None => Ok(()),
        }
    }
}

/// Which addresses of a name count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpVersion {
    /// All.
    #[default]
    Any,
    /// IPv4 (`-4`).
    V4,
    /// IPv6 (`-6`).
    V6,
}

/// A proxy. An address policy sees the proxy alone, so one that guards the network takes none.
#[derive(Clone, Debug, Default)]
pub struct Proxy {
    /// Its URL; the empty one is none, whatever the environment says (`-x`, `--socks5-hostname`).
    pub url: Option<String>,
    /// User name and password for it (`-U`).
    pub user: Option<String>,
    /// The hosts that are reached without it, with commas between; `*` is all (`--noproxy`).
    pub bypass: Option<String>,
    /// Whether it is asked for a tunnel in any case (`--proxytunnel`).
    pub tunnel: bool,
}

/// What TLS is spoken, and who speaks it.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// The oldest version; `None` is libcurl's default (`--tlsv1.2` and the like).
    pub min: Option<TlsVersion>,
    /// The newest (`--tls-max`).
    pub max: Option<TlsVersion>,
    /// The caller's own certificate, PEM (`--cert`).
    pub certificate: Option<PathBuf>,
    /// Its key's password (`--cert FILE:PASSWORD`).
    pub password: Option<String>,
    /// Its key, where that is in another file (`--key`).
    pub key: Option<PathBuf>,
    /// Whether the outcome tells the certificates that the server shows.
    pub tells_certificates: bool,
    /// The server's public key: a file, or `sha256//` and digests in base64 (`--pinnedpubkey`).
    pub pinned: Option<String>,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// 1.0.
    V1_0,
    /// 1.1.
    V1_1,
    /// 1.2.
    V1_2,
    /// 1.3.
    V1_3,
}

/// Cookies that origins set, kept for as long as the transfer; without `on` there are none but those of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookies {
    /// Whether they are kept and sent; any of the fields below turns them on as well.
    pub on: bool,
    /// Files of cookies to begin with, Netscape's or of header lines (`-b FILE`).
    pub files: Vec<PathBuf>,
    /// More of them, each a line as such a file has it: those of a transfer before, see `Outcome::cookies`.
    pub lines: Vec<String>,
    /// Whether the files' cookies of a session are left out (`-j`).
    pub junk_session: bool,
    /// Where all are written in the end (`-c`).
    pub jar: Option<PathBuf>,
}

impl Cookies {
    /// Whether libcurl keeps any.
    pub(super) fn are_kept(&self) -> bool {
        self.on || !self.files.is_empty() || !self.lines.is_empty() || self.jar.is_some()
    }
}

/// Whether names and passwords come from a `.netrc` file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Netrc {
    /// They do not.
    #[default]
    Ignored,
    /// Where the URL and the caller name none (`--netrc-optional`); from this file, or `~/.netrc`.
    Optional(Option<PathBuf>),
    /// Whatever the URL says (`--netrc`, `--netrc-file`); from this file, or `~/.netrc`.
    Required(Option<PathBuf>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_that_libcurl_splits_holds_a_control_character() {
        let resolve = |line: &str| Route {
            resolve: vec!["a:1:127.0.0.1".to_owned(), line.to_owned()],
            ..Route::default()
        };
        let connect_to = |line: &str| Route {
            connect_to: vec!["a:1:b:2".to_owned(), line.to_owned()],
            ..Route::default()
        };
        let interface = |line: &str| Route {
            interface: Some(line.to_owned()),
            ..Route::default()
        };
        for broken in [
            "a:1:127.0.0.1\0",
            "\0",
            "a\r\n:1:b:2",
            "a:1:b\t:2",
            "\x7fa:1:b:2",
            "a:1:b:2\u{85}",
        ] {
            for route in [resolve(broken), connect_to(broken), interface(broken)] {
                let said = route.check().unwrap_err().what;
                assert!(said.contains("control character") && !said.contains(broken), "{said}");
            }
        }
        for fine in [
            "a:1:127.0.0.1,[::1]",
            "-a:1",
            "+a:1:127.0.0.1",
            "*:1:127.0.0.1",
            "::b:2",
            "é:1:127.0.0.1",
        ] {
            for route in [resolve(fine), connect_to(fine), interface("lo")] {
                assert!(route.check().is_ok(), "{fine}");
            }
        }
    }
}
