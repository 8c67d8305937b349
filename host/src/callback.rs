//! The callbacks that a guest may decide, by the names that they bear in the WIT package and everywhere else.

use serde::Serialize;

/// One of libcurl's callbacks, or one of ours (`start`, `redirect`, `write-end`, `done`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Callback {
    /// Before the transfer; ours.
    Start,
    /// CURLMOPT_TIMERFUNCTION.
    Timer,
    /// CURLOPT_OPENSOCKETFUNCTION.
    Opensocket,
    /// CURLOPT_SOCKOPTFUNCTION.
    Sockopt,
    /// CURLMOPT_SOCKETFUNCTION.
    Socket,
    /// CURLOPT_SSH_KEYFUNCTION.
    SshKey,
    /// CURLOPT_DEBUGFUNCTION.
    Debug,
    /// CURLOPT_READFUNCTION.
    Read,
    /// CURLOPT_SEEKFUNCTION.
    Seek,
    /// CURLOPT_IOCTLFUNCTION.
    Ioctl,
    /// CURLOPT_XFERINFOFUNCTION.
    Xferinfo,
    /// CURLOPT_PROGRESSFUNCTION.
    Progress,
    /// CURLOPT_HEADERFUNCTION.
    Header,
    /// Before a redirect is followed; ours.
    Redirect,
    /// CURLOPT_WRITEFUNCTION.
    Write,
    /// CURLOPT_CLOSESOCKETFUNCTION.
    Closesocket,
    /// After a body that ended well; ours.
    WriteEnd,
    /// After the transfer; ours.
    Done,
}

impl Callback {
    /// Every callback that a plugin may export, in the order of a transfer.
    pub const EXPORTED: [Callback; 18] = [
        Callback::Start,
        Callback::Timer,
        Callback::Opensocket,
        Callback::Sockopt,
        Callback::Socket,
        Callback::SshKey,
        Callback::Debug,
        Callback::Read,
        Callback::Seek,
        Callback::Ioctl,
        Callback::Xferinfo,
        Callback::Progress,
        Callback::Header,
        Callback::Redirect,
        Callback::Write,
        Callback::Closesocket,
        Callback::WriteEnd,
        Callback::Done,
    ];

    /// Whether a verdict of it holds for a connection: one that was made under it must serve no other plugin, since
    /// libcurl does not ask again on a connection that it reuses. What closes it would be told of another's transfer.
    pub(crate) const fn decides_a_connection(self) -> bool {
        matches!(
            self,
            Callback::Opensocket | Callback::Sockopt | Callback::Socket | Callback::Closesocket | Callback::SshKey
        )
    }

    /// Whether the guest is told though it has ended the transfer as a success: what still happens is not its to
    /// decide then.
    pub(crate) const fn comes_after_finish(self) -> bool {
        matches!(
            self,
            Callback::Done | Callback::Closesocket | Callback::Debug | Callback::Socket | Callback::Timer
        )
    }

    /// Its bit in a set of callbacks.
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// What libcurl calls in its place, where a plugin exports both.
    pub const fn replaced_by(self) -> Option<Callback> {
        match self {
            Callback::Progress => Some(Callback::Xferinfo),
            Callback::Ioctl => Some(Callback::Seek),
            _ => None,
        }
    }

    /// Its name: the WIT interface's, and the key in the outcome.
    pub const fn name(self) -> &'static str {
        match self {
            Callback::Start => "start",
            Callback::Timer => "timer",
            Callback::Opensocket => "opensocket",
            Callback::Sockopt => "sockopt",
            Callback::Socket => "socket",
            Callback::SshKey => "ssh-key",
            Callback::Debug => "debug",
            Callback::Read => "read",
            Callback::Seek => "seek",
            Callback::Ioctl => "ioctl",
            Callback::Xferinfo => "xferinfo",
            Callback::Progress => "progress",
            Callback::Header => "header",
            Callback::Redirect => "redirect",
            Callback::Write => "write",
            Callback::WriteEnd => "write-end",
            Callback::Closesocket => "closesocket",
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
