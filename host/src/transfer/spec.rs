//! What is wanted of a transfer: curl's options, by their meaning.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::guests::Operator;
use super::options::{Cookies, Http, Netrc, Pace, Proxy, Route, Tls};
use super::source::Source;
use crate::ca::CaStore;
use crate::callback::Callback;
use crate::curl::{FormContent, FormPart, InfoType};
use crate::field::{self, Header};
use crate::limits::Limits;
use crate::sink::Sink;

/// What a transfer shall do. The defaults are the curl tool's, but for three: no User-Agent, no keepalive probes
/// ([`Route::keepalive`]) and no file of known SSH hosts.
#[derive(Debug, Default)]
pub struct TransferSpec {
    /// The URL; libcurl's URL API reads it.
    pub url: String,
    /// The method, where it is not the one that the body implies (curl's `-X`).
    pub method: Option<String>,
    /// Request headers, in order (`-H`).
    pub headers: Vec<Header>,
    /// What is sent (`-d`, `-F`, `-T`).
    pub body: Body,
    /// The size that is announced of a body that a plugin's `read` sends; `None` announces none.
    pub upload_size: Option<u64>,
    /// Where an upload or a download resumes, in bytes from its beginning (`-C`). What the sink holds already is the
    /// caller's affair.
    pub resume_from: Option<u64>,
    /// Whether an upload resumes where the file at the other end ends, which libcurl asks for over FTP, SFTP and `file://`; over
    /// HTTP nobody tells, and all of it is sent (`-C -` with `-T`). Where `resume_from` says a place, that counts.
    pub resume_at_end: bool,
    /// Whether redirects are followed (`-L`).
    pub follow: bool,
    /// How many of them; `None` is the policy's limit (`--max-redirs`).
    pub max_redirects: Option<u32>,
    /// Whether a status of 400 and above is a failure, CURLE_HTTP_RETURNED_ERROR (22) (`-f`).
    pub fail_on_error: bool,
    /// Whether the response's headers are delivered before the body (`-i`).
    pub show_headers: bool,
    /// Where header lines go as well (`-D`).
    pub dump_header: Option<Box<dyn Sink>>,
    /// User name and password, with a colon between them (`-u`).
    pub user: Option<String>,
    /// How the user is authenticated over HTTP.
    pub http_auth: HttpAuth,
    /// What SSH needs.
    pub ssh: Ssh,
    /// Active FTP: the address that the server shall connect to, `-` being the control connection's (`-P`).
    pub ftp_port: Option<String>,
    /// The unix socket to connect to in place of the URL's host (`--unix-socket`).
    pub unix_socket: Option<PathBuf>,
    /// Whether certificates and SSH hosts are not verified (`-k`).
    pub insecure: bool,
    /// Where CA certificates are (`--cacert`); `None` is where the curl tool looks, its environment variables first.
    pub ca: Option<CaStore>,
    /// The time of the whole transfer (`-m`), whole milliseconds.
    pub max_time: Option<Duration>,
    /// The time of connecting (`--connect-timeout`), whole milliseconds.
    pub connect_timeout: Option<Duration>,
    /// Whether a compressed response is asked for and decoded (`--compressed`).
    pub compressed: bool,
    /// Which HTTP is spoken.
    pub http_version: HttpVersion,
    /// Whether libcurl tells what it does, on stderr (`-v`).
    pub verbose: bool,
    /// The User-Agent header; `None` sends none.
    pub user_agent: Option<String>,
    /// What the request says besides.
    pub http: Http,
    /// How fast, how slow and how much.
    pub pace: Pace,
    /// Whom it reaches, and by what way.
    pub route: Route,
    /// Through which proxy; by default the one that the environment names.
    pub proxy: Proxy,
    /// What TLS is spoken, and who speaks it.
    pub tls: Tls,
    /// Cookies that origins set.
    pub cookies: Cookies,
    /// Whether names and passwords come from a `.netrc` file.
    pub netrc: Netrc,
    /// A plugin of the operator's that stands before the caller's, or alone.
    pub operator: Option<Operator>,
    /// Limits of this transfer, where they are stricter than the policy's.
    pub limits: Option<Limits>,
    /// What the guest reads through `wasi:config/store`.
    pub config: Vec<(String, String)>,
    /// Callbacks that the plugin exports and that are left alone all the same. The operator's keeps its own.
    pub without: Vec<Callback>,
    /// Who watches.
    pub observer: Observer,
    /// What stands in a guest's place.
    #[cfg(feature = "testing")]
    pub stub: super::stub::Stub,
}

impl TransferSpec {
    /// Whether its thread may have to wait for what is uploaded: where libcurl cannot pause.
    pub(super) fn may_block(&self) -> bool {
        let streams = matches!(&self.body, Body::Upload(source) if source.size().is_none());
        let resumes = self.resume_from.is_some() || self.resume_at_end;
        streams && (resumes || self.url.trim_start().to_ascii_lowercase().starts_with("file:"))
    }

    /// libcurl copies these as they are: a line break in one would be a header, or a request, of its own.
    pub(super) fn check(&self) -> Result<(), SpecError> {
        let wrong = |what: &str| {
            Err(SpecError {
                what: format!("{what} holds a line break, a NUL or another control character: leave it out"),
                url: false,
            })
        };
        let broken = |text: &str| text.contains(['\r', '\n', '\0']);
        let count = self.headers.len();
        if count > MOST_HEADERS {
            let what = format!("{count} headers are more than the {MOST_HEADERS} that a request may have");
            return Err(SpecError { what, url: false });
        }
        let no_value = |text: &str| !field::is_value(text);
        if let Body::Form(parts) = &self.body
            && any_line(parts, &no_value)
        {
            return wrong("a header of a form's part");
        }
        if self.method.as_deref().is_some_and(broken) {
            return wrong("the method");
        }
        // What becomes a field of the request, or its first line.
        for (name, value) in [
            ("the user agent", &self.user_agent),
            ("the referer", &self.http.referer),
            ("the cookie", &self.http.cookie),
            ("the range", &self.http.range),
            ("the request's target", &self.http.target),
            ("the bearer's token", &self.http.bearer),
        ] {
            if value.as_deref().is_some_and(no_value) {
                return wrong(name);
            }
        }
        for (name, value) in [
            ("the user", &self.user),
            ("the address of active FTP", &self.ftp_port),
            ("the host's digest", &self.ssh.host_public_sha256),
            ("the proxy", &self.proxy.url),
            ("the proxy's user", &self.proxy.user),
        ] {
            if value.as_deref().is_some_and(broken) {
                return wrong(name);
            }
        }
        self.route.check()
    }
}

/// libcurl takes time by the square of their number to take them.
const MOST_HEADERS: usize = 1_000;

/// Whether what becomes a header of a part is such a text. libcurl sees to names itself.
fn any_line(parts: &[FormPart], such: &impl Fn(&str) -> bool) -> bool {
    parts.iter().any(|part| {
        let inner = match &part.content {
            FormContent::Parts(parts) => any_line(parts, such),
            FormContent::Bytes(_) | FormContent::File(_) => false,
        };
        let mut lines = [&part.content_type, &part.encoder]
            .into_iter()
            .flatten()
            .chain(&part.headers);
        inner || lines.any(|line| such(line))
    })
}

/// What is sent.
#[derive(Debug, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// These bytes, as a POST.
    Post(Vec<u8>),
    /// A form, as multipart/form-data. libcurl makes its bytes, so that a plugin's `read` is not asked about them.
    Form(Vec<FormPart>),
    /// An upload: PUT over HTTP, STOR over FTP.
    Upload(Source),
    /// An upload of which the caller has nothing: the plugin's `read` sends all of it.
    Plugin,
}

/// How a user is authenticated over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpAuth {
    /// Basic: the password goes with the first request.
    #[default]
    Basic,
    /// Digest (`--digest`).
    Digest,
    /// The best that the server offers (`--anyauth`).
    Any,
}

/// What `sftp://` and `scp://` need.
#[derive(Clone, Debug, Default)]
pub struct Ssh {
    /// The file of known hosts (`--knownhosts`). Without one, and without a digest, every host is unknown.
    pub known_hosts: Option<PathBuf>,
    /// Whether that file stays as it is, though a plugin's `ssh-key` would add to it.
    pub known_hosts_stay: bool,
    /// The user's private key (`--key`).
    pub private_key: Option<PathBuf>,
    /// The user's public key (`--pubkey`); libcurl makes it of the private one where it can.
    pub public_key: Option<PathBuf>,
    /// The SHA-256 of the host's key, in base64 (`--hostpubsha256`). libcurl asks nobody then.
    pub host_public_sha256: Option<String>,
}

/// Which HTTP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/2 over TLS where the server has it, else HTTP/1.1.
    #[default]
    Default,
    /// HTTP/1.0.
    V1_0,
    /// HTTP/1.1.
    V1_1,
    /// HTTP/2, upgraded to in the clear.
    V2,
    /// HTTP/2 from the first byte on, in the clear too.
    V2PriorKnowledge,
}

/// Called with a line of text.
pub type LineObserver = Arc<dyn Fn(&str) + Send + Sync>;
/// Called with bytes to download, downloaded, to upload, uploaded; 0 is unknown.
pub type ProgressObserver = Arc<dyn Fn(u64, u64, u64, u64) + Send + Sync>;

/// Called with what libcurl tells and what goes over the wire.
pub type WireObserver = Arc<dyn Fn(InfoType, &[u8]) + Send + Sync>;

/// Who watches a transfer. None of these can change it. They are called on the transfer's thread, which waits for them.
#[derive(Clone, Default)]
pub struct Observer {
    /// A line for each call of a guest; one of the operator's has its plugin's name before it.
    pub calls: Option<LineObserver>,
    /// A line that the guest prints, escaped.
    pub prints: Option<LineObserver>,
    /// A line that the operator's guest prints, escaped.
    pub operator_prints: Option<LineObserver>,
    /// Progress, as libcurl reports it.
    pub progress: Option<ProgressObserver>,
    /// All that goes over the wire.
    pub wire: Option<WireObserver>,
    /// The operator's log: which rule denied an address.
    pub denials: Option<LineObserver>,
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

/// A specification that cannot be carried out. One sentence.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct SpecError {
    /// What is wrong.
    pub what: String,
    /// Whether the URL is to blame (CURLE_URL_MALFORMAT, 3) rather than an option (CURLE_FAILED_INIT, 2).
    pub url: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_would_split_a_request_is_taken() {
        let part = |headers: &str| FormPart {
            headers: vec![headers.to_owned()],
            ..FormPart::default()
        };
        let form = |part| TransferSpec {
            body: Body::Form(vec![FormPart {
                content: FormContent::Parts(vec![part]),
                ..FormPart::default()
            }]),
            ..TransferSpec::default()
        };
        for line in ["X: a\r\nY: b", "X: a\0", "X: a\u{1}", "X: a\n b", "\r"] {
            assert!(form(part(line)).check().is_err(), "{line:?}");
        }
        assert!(form(part("X: a\tb")).check().is_ok());
        let texts: [fn(&mut TransferSpec, String); 6] = [
            |spec, text| spec.user_agent = Some(text),
            |spec, text| spec.http.referer = Some(text),
            |spec, text| spec.http.cookie = Some(text),
            |spec, text| spec.http.range = Some(text),
            |spec, text| spec.http.target = Some(text),
            |spec, text| spec.http.bearer = Some(text),
        ];
        for set in texts {
            let check = |text: &str| {
                let mut spec = TransferSpec::default();
                set(&mut spec, text.to_owned());
                spec.check().is_ok()
            };
            assert!(check("a\tb"));
            for text in ["a\r\nX: b", "a\n", "\r", "\0", "\u{1}", "\u{7f}"] {
                assert!(!check(text), "{text:?}");
            }
        }
        assert!(
            TransferSpec {
                method: Some("GET / HTTP/1.1\r\n".to_owned()),
                ..TransferSpec::default()
            }
            .check()
            .is_err()
        );
        let many = TransferSpec {
            headers: vec![Header::remove("X").unwrap(); MOST_HEADERS + 1],
            ..TransferSpec::default()
        };
        assert!(many.check().is_err());
    }
}
