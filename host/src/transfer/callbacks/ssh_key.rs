//! CURLOPT_SSH_KEYFUNCTION: whether an SSH host's key will do.

use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{KeyMatch, KeyType, KeyVerdict, OnSshKey, SshKey};
use crate::guest::{Failure, ssh_key};
use crate::transfer::dispatch::Dispatch;
use crate::transfer::ended::Ended;
use crate::transfer::guests::Who;
use crate::transfer::trace::named;

impl OnSshKey for Dispatch {
    fn ssh_key(&self, known: Option<SshKey>, found: SshKey, matched: KeyMatch) -> KeyVerdict {
        self.noted(self.on_ssh_key(known, found, matched))
    }
}

impl Dispatch {
    /// The guests' word on a key, and whose it is. Both must take it where both decide, and the file changes where both want
    /// the same of it.
    fn key_verdict(&self, ask: impl Fn(Who) -> Option<ssh_key::Action>) -> (Who, Option<ssh_key::Action>) {
        if !self.guests.operator.decides(Callback::SshKey) {
            return (Who::Tenant, ask(Who::Tenant));
        }
        let first = ask(Who::Operator);
        let takes = !matches!(first, None | Some(ssh_key::Action::Reject | ssh_key::Action::Defer));
        if !takes || !self.guests.tenant.decides(Callback::SshKey) {
            return (Who::Operator, first);
        }
        let second = ask(Who::Tenant).map(|second| match second {
            ssh_key::Action::Reject | ssh_key::Action::Defer => second,
            second if Some(second) == first => second,
            _ => ssh_key::Action::Fine,
        });
        (Who::Tenant, second)
    }

    /// Whether an SSH host's key will do.
    pub(super) fn on_ssh_key(&self, known: Option<SshKey>, found: SshKey, matched: KeyMatch) -> KeyVerdict {
        let (matched, name) = match matched {
            KeyMatch::Ok => (ssh_key::Match::Ok, "ok"),
            KeyMatch::Mismatch => (ssh_key::Match::Mismatch, "mismatch"),
            KeyMatch::Missing => (ssh_key::Match::Missing, "missing"),
        };
        let call = || format!("ssh-key({name})");
        let (known, found) = (known.map(key), key(found));
        let ask = |who| {
            self.ask(
                who,
                Callback::SshKey,
                call,
                |guest| guest.on_ssh_key(known.as_ref(), &found, matched),
                // libcurl's own verdict where nobody is asked: it is fine if the file has it.
                || match matched {
                    ssh_key::Match::Ok => ssh_key::Action::Fine,
                    ssh_key::Match::Mismatch | ssh_key::Match::Missing => ssh_key::Action::Reject,
                },
            )
        };
        let (who, action) = self.key_verdict(ask);
        let refused = |verdict| {
            let ended = Ended::new(Callback::SshKey, Failure::of(Cause::Refused)).by(who);
            self.refused.replace(Some(ended.about("the host's key")));
            verdict
        };
        match action {
            // A file that nobody named is read, and stays as it is.
            Some(ssh_key::Action::FineAddToFile | ssh_key::Action::FineReplace) if self.keeps_known_hosts => {
                KeyVerdict::Fine
            }
            Some(ssh_key::Action::FineAddToFile) => KeyVerdict::FineAddToFile,
            Some(ssh_key::Action::Fine) => KeyVerdict::Fine,
            Some(ssh_key::Action::FineReplace) => KeyVerdict::FineReplace,
            // With CURLKHSTAT_DEFER libcurl on libssh2 stays where it is and asks again at once, without end.
            Some(ssh_key::Action::Defer | ssh_key::Action::Reject) => refused(KeyVerdict::Reject),
            None => KeyVerdict::Reject,
        }
    }
}

fn key(key: SshKey) -> ssh_key::Key {
    ssh_key::Key {
        bytes: key.bytes,
        key_type: match key.kind {
            KeyType::Unknown => ssh_key::KeyType::Unknown,
            KeyType::Rsa1 => ssh_key::KeyType::Rsa1,
            KeyType::Rsa => ssh_key::KeyType::Rsa,
            KeyType::Dss => ssh_key::KeyType::Dss,
            KeyType::Ecdsa => ssh_key::KeyType::Ecdsa,
            KeyType::Ed25519 => ssh_key::KeyType::Ed25519,
        },
    }
}

named! { ssh_key::Action { FineAddToFile: "fine, add to file", Fine: "fine", Reject: "reject", Defer: "defer", FineReplace: "fine, replace" } }
