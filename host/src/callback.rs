//! The callbacks that a guest may decide, by the names that they bear in the WIT package and everywhere else.

use serde::Serialize;

/// One of libcurl's callbacks, or one of ours (`start`, `write-end`, `done`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Callback {
    /// Before the transfer; ours.
    Start,
    /// CURLOPT_OPENSOCKETFUNCTION.
    Opensocket,
    /// CURLOPT_READFUNCTION: the caller's own upload, no guest is asked yet.
    Read,
    /// CURLOPT_SEEKFUNCTION: the caller's own upload, no guest is asked yet.
    Seek,
    /// CURLOPT_XFERINFOFUNCTION.
    Xferinfo,
    /// CURLOPT_HEADERFUNCTION.
    Header,
    /// CURLOPT_WRITEFUNCTION.
    Write,
    /// After a body that ended well; ours.
    WriteEnd,
    /// After the transfer; ours.
    Done,
}

impl Callback {
    /// Every callback that a plugin may export, in the order of a transfer.
    pub const EXPORTED: [Callback; 7] = [
        Callback::Start,
        Callback::Opensocket,
        Callback::Xferinfo,
        Callback::Header,
        Callback::Write,
        Callback::WriteEnd,
        Callback::Done,
    ];

    /// Whether a verdict of it holds for a connection: one that was made under it must serve no other plugin, since
    /// libcurl does not ask again on a connection that it reuses.
    pub(crate) const fn decides_a_connection(self) -> bool {
        match self {
            Callback::Opensocket => true,
            Callback::Start
            | Callback::Read
            | Callback::Seek
            | Callback::Xferinfo
            | Callback::Header
            | Callback::Write
            | Callback::WriteEnd
            | Callback::Done => false,
        }
    }

    /// Its name: the WIT interface's, and the key in the outcome.
    pub const fn name(self) -> &'static str {
        match self {
            Callback::Start => "start",
            Callback::Opensocket => "opensocket",
            Callback::Read => "read",
            Callback::Seek => "seek",
            Callback::Xferinfo => "xferinfo",
            Callback::Header => "header",
            Callback::Write => "write",
            Callback::WriteEnd => "write-end",
            Callback::Done => "done",
        }
    }

    /// The callback that a plugin exports under this name.
    pub fn from_name(name: &str) -> Option<Callback> {
        Callback::EXPORTED.into_iter().find(|callback| callback.name() == name)
    }
}

impl std::fmt::Display for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
