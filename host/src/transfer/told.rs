//! What the guests are told: progress, libcurl's own words, its timer.

use std::io::Write as _;
use std::time::Duration;

use super::dispatch::Dispatch;
use super::guests::Who;
use crate::callback::Callback;
use crate::curl::{Continue, InfoType, OnDebug, OnXferinfo};
use crate::guest::Infotype;

impl OnDebug for Dispatch {
    fn debug(&self, infotype: InfoType, data: &[u8]) {
        self.on_debug(infotype, data);
        self.note();
    }
}

impl OnXferinfo for Dispatch {
    fn xferinfo(&self, dltotal: u64, dlnow: u64, ultotal: u64, ulnow: u64) -> Continue {
        self.noted(self.on_xferinfo([dltotal, dlnow, ultotal, ulnow]))
    }
}

impl Dispatch {
    pub(super) fn on_xferinfo(&self, amounts: [u64; 4]) -> Continue {
        let [dltotal, dlnow, ultotal, ulnow] = amounts;
        if let Some(progress) = &self.observer.progress {
            progress(dltotal, dlnow, ultotal, ulnow);
        }
        let told = Who::IN_TURN
            .into_iter()
            .try_for_each(|who| self.tell_progress(who, amounts));
        match told {
            Some(()) => Continue::Yes,
            None => Continue::Abort,
        }
    }

    /// Of both callbacks a guest that exports them is told by the newer one.
    fn tell_progress(&self, who: Who, amounts: [u64; 4]) -> Option<()> {
        let numbers = || amounts.map(|amount| amount.to_string()).join(", ");
        let seat = self.guests.seat(who);
        if seat.decides(Callback::Xferinfo) || !seat.decides(Callback::Progress) {
            let call = || format!("xferinfo({})", numbers());
            return self.ask(who, Callback::Xferinfo, call, |guest| guest.on_xferinfo(amounts), || ());
        }
        let call = || format!("progress({})", numbers());
        // libcurl calls one function for both: a panic in here is not xferinfo's.
        self.contain(Callback::Progress, || {
            self.ask(who, Callback::Progress, call, |guest| guest.on_progress(amounts), || ())
        })
        .flatten()
    }

    pub(super) fn on_debug(&self, infotype: InfoType, data: &[u8]) {
        if let Some(wire) = &self.observer.wire {
            wire(infotype, data);
        } else if self.verbose {
            print_as_libcurl(infotype, data);
        }
        if !self.decides(Callback::Debug) {
            return;
        }
        let (infotype, name) = match infotype {
            InfoType::Text => (Infotype::Text, "text"),
            InfoType::HeaderIn => (Infotype::HeaderIn, "header-in"),
            InfoType::HeaderOut => (Infotype::HeaderOut, "header-out"),
            InfoType::DataIn => (Infotype::DataIn, "data-in"),
            InfoType::DataOut => (Infotype::DataOut, "data-out"),
            InfoType::SslDataIn => (Infotype::SslDataIn, "ssl-data-in"),
            InfoType::SslDataOut => (Infotype::SslDataOut, "ssl-data-out"),
        };
        let call = || format!("debug({name}, {} bytes)", data.len());
        // libcurl does not want to know: the driver ends the transfer where this has latched.
        let _ = self.tell(Callback::Debug, call, |guest| guest.on_debug(infotype, data));
    }

    /// Tells of libcurl's timer; `None` is no timer.
    pub(super) fn on_timer(&self, timeout: Option<Duration>) {
        let milliseconds = timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        let call = || match milliseconds {
            Some(milliseconds) => format!("timer({milliseconds} ms)"),
            None => "timer(none)".to_owned(),
        };
        let _ = self.tell(Callback::Timer, call, |guest| guest.on_timer(milliseconds));
    }
}

/// With a function of ours in its place, libcurl no longer prints what `-v` asks for.
fn print_as_libcurl(infotype: InfoType, data: &[u8]) {
    let mark: &[u8] = match infotype {
        InfoType::Text => b"* ",
        InfoType::HeaderIn => b"< ",
        InfoType::HeaderOut => b"> ",
        _ => return,
    };
    let mut stderr = std::io::stderr().lock();
    // One mark for all that came at once, and nobody to tell where stderr is closed.
    let _ = stderr.write_all(mark).and_then(|()| stderr.write_all(data));
}
