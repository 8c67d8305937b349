//! One more try, after a connection that was used again had died.
//!
//! An origin may close a connection while a request is on its way to it. libcurl tries again then by itself, and may come upon
//! the next such connection of its pool: after six it ends with CURLE_SEND_ERROR. What died so says nothing about the origin.
//! A transfer of which nothing has been delivered and whose method may be repeated (RFC 9110, 9.2.2) gets one more try, in a
//! multi handle of its own: no connection there was used before.

use std::cell::Cell;

use super::account::Account;
use super::dispatch::Dispatch;
use super::guests::Who;
use crate::callback::Callback;
use crate::curl::{CurlCode, InfoHandle};

/// What is known about another try.
#[derive(Default)]
pub(super) struct Again {
    /// Whether the request may be sent twice.
    repeatable: Cell<bool>,
    /// The connections that were made when the last header line came: what came later came of a request since.
    connects: Cell<i64>,
    tried: Cell<bool>,
}

impl Again {
    /// The request has this method, over HTTP; `whole` where what is sent begins at its beginning, and the host has it.
    pub(super) fn is_asked(&self, method: &str, whole: bool) {
        let idempotent = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];
        self.repeatable.set(idempotent.contains(&method) && whole);
    }
}

/// Whether libcurl may end so since a connection that was used again had died.
fn may_have_died(code: CurlCode) -> bool {
    matches!(
        code,
        CurlCode::SEND_ERROR | CurlCode::RECV_ERROR | CurlCode::GOT_NOTHING
    )
}

impl Dispatch {
    /// A header line has come: the connection that it came by lives.
    pub(super) fn origin_answers(&self) {
        self.again.connects.set(self.connects());
    }

    /// Whether the transfer, which has ended with this code, gets one more try; it is prepared for it then.
    pub(super) fn begins_again(&self, code: CurlCode) -> bool {
        let again = &self.again;
        // Whatever came since the last answer came by a connection that was there before it.
        let died = may_have_died(code) && self.connects() == again.connects.get();
        if !died || !again.repeatable.get() || again.tried.get() || self.ended() || !self.is_untouched() {
            return false;
        }
        // What other protocols name of a connection would outlive it in the handle.
        let scheme = self.info.get().and_then(|info: &InfoHandle| info.text("scheme"));
        if !scheme.is_some_and(|scheme| ["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http))) {
            return false;
        }
        // A body that cannot be read once more cannot be sent once more.
        if self.upload.is_begun() && !self.upload.begin_at(0).unwrap_or(false) {
            return false;
        }
        again.tried.set(true);
        again.connects.set(0);
        if let Some(account) = &self.account {
            Account::ledger(account).requested();
        }
        true
    }

    /// Whether nobody has seen anything of a response, and no guest has a part in what is sent.
    fn is_untouched(&self) -> bool {
        let neutral = [Callback::Start, Callback::Debug, Callback::Xferinfo, Callback::Progress];
        let seen = |who: Who| match self.guests.seat(who).guest.try_borrow() {
            Ok(guest) => guest
                .as_ref()
                .is_some_and(|guest| guest.calls().iter().any(|(callback, _)| !neutral.contains(&callback))),
            Err(_) => true,
        };
        let sends = [Callback::Read, Callback::Seek, Callback::Ioctl];
        let sends = self.upload.is_begun() && sends.into_iter().any(|callback| self.decides(callback));
        !sends && !Who::IN_TURN.into_iter().any(seen) && self.output.is_untouched()
    }

    fn connects(&self) -> i64 {
        self.info
            .get()
            .map_or(0, |info: &InfoHandle| info.number("num_connects"))
    }
}
