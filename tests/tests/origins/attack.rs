//! An attack: what the origin does, and what must come of it.

use std::ffi::OsString;
use std::fmt::{self, Display};
use std::net::SocketAddr;

use transferhost_tests::origin::Origin;

use crate::openssl::Openssl;

/// How a transfer must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As libcurl ends it; 0 is a success.
    Libcurl(i32),
    /// The host ends it at the limit of this key.
    Limit(&'static str),
    /// The host refuses an address, and libcurl has no other.
    Denied,
}

impl End {
    /// The CURLcode.
    pub(crate) fn code(self) -> i32 {
        match self {
            End::Libcurl(code) => code,
            End::Limit(_) => 63,
            End::Denied => 7,
        }
    }

    /// The cause, where it is not libcurl's own end.
    pub(crate) fn cause(self) -> Option<&'static str> {
        (!matches!(self, End::Libcurl(_))).then_some("policy")
    }

    /// Whether it is what the host asked for, of itself or of libcurl, so that any libcurl must end so.
    pub(crate) fn is_a_promise(self) -> bool {
        !matches!(self, End::Libcurl(code) if !matches!(code, 28 | 47 | 60))
    }

    /// What the message must hold.
    pub(crate) fn words(self) -> String {
        match self {
            End::Libcurl(_) => String::new(),
            End::Limit(key) => format!("(raise with --limit {key})"),
            End::Denied => "denied".to_owned(),
        }
    }
}

/// What must come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delivers {
    /// These bytes.
    Exactly(Vec<u8>),
    /// No more than so many bytes, and which of them is a question of time.
    AtMost(usize),
}

impl Display for Delivers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Delivers::Exactly(bytes) if bytes.is_empty() => f.write_str("nothing"),
            Delivers::Exactly(bytes) => write!(f, "{} bytes", bytes.len()),
            Delivers::AtMost(most) => write!(f, "at most {most} bytes"),
        }
    }
}

/// Who serves.
pub(crate) enum Server {
    Scripted(Origin),
    /// Made anew for each run, since it may keep what one client left for the next.
    Openssl(Box<dyn Fn() -> Openssl + Send + Sync>),
}

/// A server for as long as a run needs it.
pub(crate) enum Ready<'a> {
    Scripted(&'a Origin),
    Openssl(Openssl),
}

impl Server {
    pub(crate) fn ready(&self) -> Ready<'_> {
        match self {
            Server::Scripted(origin) => Ready::Scripted(origin),
            Server::Openssl(start) => Ready::Openssl(start()),
        }
    }
}

impl Ready<'_> {
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Ready::Scripted(origin) => origin.address(),
            Ready::Openssl(process) => process.address(),
        }
    }
}

/// Where an attack leads to besides its own origin.
pub(crate) enum Elsewhere {
    /// Nobody may be led here, and this is whether the policy opens its port.
    Forbidden { origin: Origin, port_is_open: bool },
    /// Opened by the policy, and must be reached.
    Open(Origin),
}

/// One attack. A new one is a function that answers one of these, in the list of its family.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// What it does, in a sentence.
    pub(crate) what: &'static str,
    pub(crate) server: Server,
    pub(crate) elsewhere: Option<Elsewhere>,
    pub(crate) scheme: &'static str,
    /// What is asked for, one transfer after the other.
    pub(crate) paths: Vec<String>,
    /// curl's options.
    pub(crate) curl: Vec<OsString>,
    /// Limits of the policy that are lowered, as `--limit` takes them.
    pub(crate) limits: Vec<&'static str>,
    /// How each transfer ends under `tenant`.
    pub(crate) ends: Vec<End>,
    /// And under `curl`, where that is of interest.
    pub(crate) under_curl: Option<End>,
    pub(crate) delivers: Delivers,
}

impl Attack {
    /// An attack of this origin, on one transfer, which ends well and delivers nothing unless it is said.
    pub(crate) fn new(name: &'static str, what: &'static str, origin: Origin) -> Self {
        Self::by(name, what, Server::Scripted(origin))
    }

    /// The same by whatever serves.
    pub(crate) fn by(name: &'static str, what: &'static str, server: Server) -> Self {
        Self {
            name,
            what,
            server,
            elsewhere: None,
            scheme: "http",
            paths: vec!["/".to_owned()],
            curl: Vec::new(),
            limits: Vec::new(),
            ends: vec![End::Libcurl(0)],
            under_curl: None,
            delivers: Delivers::Exactly(Vec::new()),
        }
    }

    /// Another option of curl's.
    pub(crate) fn curl(mut self, words: &[&str]) -> Self {
        self.curl.extend(words.iter().map(OsString::from));
        self
    }

    /// Behind TLS, by this authority's file.
    pub(crate) fn https(mut self, authority: Option<&std::path::Path>) -> Self {
        self.scheme = "https";
        if let Some(file) = authority {
            self.curl.extend(["--cacert".into(), file.into()]);
        }
        self
    }

    /// Another limit, lowered.
    pub(crate) fn limit(mut self, limit: &'static str) -> Self {
        self.limits.push(limit);
        self
    }

    /// Ends in this code, by libcurl.
    pub(crate) fn ends(self, code: i32) -> Self {
        self.each(vec![End::Libcurl(code)])
    }

    /// Ends at the limit of this key.
    pub(crate) fn meets(self, key: &'static str) -> Self {
        self.each(vec![End::Limit(key)])
    }

    /// Ends in the denial of an address.
    pub(crate) fn ends_denied(self) -> Self {
        self.each(vec![End::Denied])
    }

    /// Each of the transfers ends in its own way.
    pub(crate) fn each(mut self, ends: Vec<End>) -> Self {
        self.ends = ends;
        self
    }

    /// Another end under the policy `curl`.
    pub(crate) fn under_curl(mut self, end: End) -> Self {
        self.under_curl = Some(end);
        self
    }

    /// Asks for these instead of `/`.
    pub(crate) fn paths(mut self, paths: impl IntoIterator<Item = String>) -> Self {
        self.paths = paths.into_iter().collect();
        self
    }

    /// Delivers these bytes.
    pub(crate) fn delivers(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.delivers = Delivers::Exactly(bytes.into());
        self
    }

    /// Delivers no more than so many bytes.
    pub(crate) fn delivers_at_most(mut self, most: usize) -> Self {
        self.delivers = Delivers::AtMost(most);
        self
    }

    /// Leads to this one too.
    pub(crate) fn elsewhere(mut self, elsewhere: Elsewhere) -> Self {
        self.elsewhere = Some(elsewhere);
        self
    }

    /// Whether its time is so short that another transfer might not go well in it.
    pub(crate) fn is_short_of_time(&self) -> bool {
        self.limits.iter().any(|limit| limit.starts_with("total-time"))
    }
}

/// An origin that answers each connection's request with these bytes and says that they were all.
pub(crate) fn answers(bytes: impl Into<Vec<u8>>) -> Origin {
    let bytes = bytes.into();
    serve(move |mut connection| {
        connection.expect_request()?;
        connection.send(&bytes)?;
        connection.finish_sending()?;
        connection.wait_for_close()
    })
}

/// An origin that answers with the first of these bytes, and then with the second again and again.
pub(crate) fn floods(first: impl Into<Vec<u8>>, again: impl AsRef<[u8]>) -> Origin {
    let first = first.into();
    // Few calls, so that the client and not the origin is what takes time.
    let again = again.as_ref().repeat(8192_usize.div_ceil(again.as_ref().len()));
    serve(move |mut connection| {
        connection.expect_request()?;
        connection.send(&first)?;
        loop {
            connection.send(&again)?;
        }
    })
}

/// An origin of this script.
pub(crate) fn serve<S>(script: S) -> Origin
where
    S: Fn(transferhost_tests::connection::Connection) -> std::io::Result<()> + Send + Sync + 'static,
{
    Origin::serve(script).expect("a free port of loopback")
}
