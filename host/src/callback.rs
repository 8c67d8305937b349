//! The callbacks that a plugin may export: one list, from which everything else that goes through all of them is made.
//!
//! A row has the variant of [`Callback`], the module of its generated bindings, its name in the WIT package, the CURLcode
//! of a transfer that it aborts, and its traits:
//!
//! - `Connection`: a verdict holds for a connection, which then serves no other transfer.
//! - `AfterFinish`: the guest is told although it has ended the transfer as a success.
//!
//! The rows stand in the order of a transfer.

use enumset::{EnumSet, EnumSetType, enum_set};
use serde::Serialize;

use crate::curl::CurlCode;

/// Hands all rows to a macro.
macro_rules! for_each_callback {
    ($then:ident) => {
        $then! {
            /// Before the transfer; ours.
            Start start "start" ABORTED_BY_CALLBACK [];
            /// CURLMOPT_TIMERFUNCTION.
            Timer timer "timer" ABORTED_BY_CALLBACK [AfterFinish];
            /// CURLOPT_OPENSOCKETFUNCTION.
            Opensocket opensocket "opensocket" COULDNT_CONNECT [Connection];
            /// CURLOPT_SOCKOPTFUNCTION.
            Sockopt sockopt "sockopt" ABORTED_BY_CALLBACK [Connection];
            /// CURLMOPT_SOCKETFUNCTION.
            Socket socket "socket" ABORTED_BY_CALLBACK [Connection AfterFinish];
            /// CURLOPT_SSH_KEYFUNCTION.
            SshKey ssh_key "ssh-key" PEER_FAILED_VERIFICATION [Connection];
            /// CURLOPT_DEBUGFUNCTION.
            Debug debug "debug" ABORTED_BY_CALLBACK [AfterFinish];
            /// CURLOPT_READFUNCTION.
            Read read "read" ABORTED_BY_CALLBACK [];
            /// CURLOPT_SEEKFUNCTION.
            Seek seek "seek" SEND_FAIL_REWIND [];
            /// CURLOPT_IOCTLFUNCTION.
            Ioctl ioctl "ioctl" SEND_FAIL_REWIND [];
            /// CURLOPT_XFERINFOFUNCTION.
            Xferinfo xferinfo "xferinfo" ABORTED_BY_CALLBACK [];
            /// CURLOPT_PROGRESSFUNCTION.
            Progress progress "progress" ABORTED_BY_CALLBACK [];
            /// CURLOPT_HEADERFUNCTION.
            Header header "header" WRITE_ERROR [];
            /// Before a redirect is followed; ours.
            Redirect redirect "redirect" ABORTED_BY_CALLBACK [];
            /// CURLOPT_WRITEFUNCTION.
            Write write "write" WRITE_ERROR [];
            /// CURLOPT_CLOSESOCKETFUNCTION.
            Closesocket closesocket "closesocket" ABORTED_BY_CALLBACK [Connection AfterFinish];
            /// After a body that ended well; ours.
            WriteEnd write_end "write-end" WRITE_ERROR [];
            /// After the transfer; ours.
            Done done "done" ABORTED_BY_CALLBACK [AfterFinish];
        }
    };
}
pub(crate) use for_each_callback;

macro_rules! define_enum {
    ($($(#[$doc:meta])* $variant:ident $module:ident $name:literal $code:ident [$($is:ident)*];)*) => {
        /// One of libcurl's callbacks, or one of ours (`start`, `redirect`, `write-end`, `done`).
        #[derive(Debug, Hash, PartialOrd, Ord, Serialize, EnumSetType)]
        #[enumset(repr = "u32", no_ops, no_super_impls)]
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[serde(rename_all = "kebab-case")]
        pub enum Callback {
            $($(#[$doc])* $variant,)*
        }

        impl Callback {
            /// Every callback that a plugin may export, in the order of a transfer.
            pub const ALL: [Callback; <[Callback]>::len(&[$(Callback::$variant),*])] = [$(Callback::$variant),*];

            /// Its name: the WIT interface's, and the key in the outcome.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Callback::$variant => $name,)*
                }
            }

            /// The code of a transfer that it aborts, where neither the cause nor the occasion has another.
            pub(crate) const fn abort_code(self) -> CurlCode {
                match self {
                    $(Callback::$variant => CurlCode::$code,)*
                }
            }

            fn traits(self) -> EnumSet<Trait> {
                match self {
                    $(Callback::$variant => enum_set!($(Trait::$is)|*),)*
                }
            }
        }
    };
}
for_each_callback!(define_enum);

/// What the last column of the list says.
#[derive(Debug, EnumSetType)]
enum Trait {
    Connection,
    AfterFinish,
}

impl Callback {
    /// Whether a verdict of it holds for a connection: one that was made under it must serve no other plugin, since
    /// libcurl does not ask again on a connection that it reuses. What closes it would be told of another's transfer.
    pub(crate) fn decides_a_connection(self) -> bool {
        self.traits().contains(Trait::Connection)
    }

    /// Whether the guest is told though it has ended the transfer as a success: what still happens is not its to
    /// decide then.
    pub(crate) fn comes_after_finish(self) -> bool {
        self.traits().contains(Trait::AfterFinish)
    }

    /// What libcurl calls in its place, where a plugin exports both.
    pub const fn replaced_by(self) -> Option<Callback> {
        match self {
            Callback::Progress => Some(Callback::Xferinfo),
            Callback::Ioctl => Some(Callback::Seek),
            _ => None,
        }
    }

    /// The callback that a plugin exports under this name.
    pub fn from_name(name: &str) -> Option<Callback> {
        Callback::ALL.into_iter().find(|callback| callback.name() == name)
    }
}

impl std::fmt::Display for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
