//! CURLOPT_XFERINFOFUNCTION, and the older CURLOPT_PROGRESSFUNCTION: how far the transfer is.

use crate::callback::Callback;
use crate::curl::{Continue, OnXferinfo};
use crate::transfer::dispatch::Dispatch;
use crate::transfer::guests::Who;

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
}
