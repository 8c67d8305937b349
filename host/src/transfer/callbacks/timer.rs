//! CURLMOPT_TIMERFUNCTION: when libcurl wants to be called again. The host arms the timer; the guests are told.

use std::time::Duration;

use crate::callback::Callback;
use crate::transfer::dispatch::Dispatch;

impl Dispatch {
    /// Tells of libcurl's timer; `None` is no timer.
    pub(in crate::transfer) fn on_timer(&self, timeout: Option<Duration>) {
        let milliseconds = timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        let call = || match milliseconds {
            Some(milliseconds) => format!("timer({milliseconds} ms)"),
            None => "timer(none)".to_owned(),
        };
        let _ = self.tell(Callback::Timer, call, |guest| guest.on_timer(milliseconds));
    }
}
