//! CURLOPT_SSH_KEYFUNCTION: whether an SSH host's key will do.

use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{KeyMatch, KeyType, KeyVerdict, OnSshKey, SshKey};
use crate::guest::{Failure, GuestKeyType, Key, KeyAction, Match};
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
    fn key_verdict(&self, ask: impl Fn(Who) -> Option<KeyAction>) -> (Who, Option<KeyAction>) {
        if !self.guests.operator.decides(Callback::SshKey) {
            return (Who::Tenant, ask(Who::Tenant));
        }
        let first = ask(Who::Operator);
        let takes = !matches!(first, None | Some(KeyAction::Reject | KeyAction::Defer));
        if !takes || !self.guests.tenant.decides(Callback::SshKey) {
            return (Who::Operator, first);
        }
        let second = ask(Who::Tenant).map(|second| match second {
            KeyAction::Reject | KeyAction::Defer => second,
            second if Some(second) == first => second,
            _ => KeyAction::Fine,
        });
        (Who::Tenant, second)
    }

    /// Whether an SSH host's key will do.
    pub(super) fn on_ssh_key(&self, known: Option<SshKey>, found: SshKey, matched: KeyMatch) -> KeyVerdict {
        let (matched, name) = match matched {
            KeyMatch::Ok => (Match::Ok, "ok"),
            KeyMatch::Mismatch => (Match::Mismatch, "mismatch"),
            KeyMatch::Missing => (Match::Missing, "missing"),
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
                    Match::Ok => KeyAction::Fine,
                    Match::Mismatch | Match::Missing => KeyAction::Reject,
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
            Some(KeyAction::FineAddToFile | KeyAction::FineReplace) if self.keeps_known_hosts => KeyVerdict::Fine,
            Some(KeyAction::FineAddToFile) => KeyVerdict::FineAddToFile,
            Some(KeyAction::Fine) => KeyVerdict::Fine,
            Some(KeyAction::FineReplace) => KeyVerdict::FineReplace,
            // With CURLKHSTAT_DEFER libcurl on libssh2 stays where it is and asks again at once, without end.
            Some(KeyAction::Defer | KeyAction::Reject) => refused(KeyVerdict::Reject),
            None => KeyVerdict::Reject,
        }
    }
}

fn key(key: SshKey) -> Key {
    Key {
        bytes: key.bytes,
        key_type: match key.kind {
            KeyType::Unknown => GuestKeyType::Unknown,
            KeyType::Rsa1 => GuestKeyType::Rsa1,
            KeyType::Rsa => GuestKeyType::Rsa,
            KeyType::Dss => GuestKeyType::Dss,
            KeyType::Ecdsa => GuestKeyType::Ecdsa,
            KeyType::Ed25519 => GuestKeyType::Ed25519,
        },
    }
}

named! { KeyAction { FineAddToFile: "fine, add to file", Fine: "fine", Reject: "reject", Defer: "defer", FineReplace: "fine, replace" } }
