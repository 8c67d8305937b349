//! The callbacks that are told how it goes, and may say that it shall not go on.

use wasmtime::component::Resource;

use crate::callback::Callback;
use crate::cause::Cause;
use crate::guest::bindings::{debug, done, redirect};
use crate::guest::imports::{Request, RequestHead};
use crate::guest::instance::Guest;
use crate::guest::verdict::Failure;

impl Guest {
    /// Lets the guest amend the request.
    pub(crate) fn on_start(&mut self, head: RequestHead) -> Result<RequestHead, Failure> {
        if self.exports.start.is_none() {
            return Ok(head);
        }
        let full = |_| Failure::of(Cause::Handles);
        let request = self.store.data_mut().table.push(Request(head)).map_err(full)?;
        let lent = Resource::new_borrow(request.rep());
        self.enter(Callback::Start, (), |exports, store| {
            exports.start.as_ref().map(|start| start.call_on_start(store, lent))
        })?;
        let Request(head) = self.store.data_mut().table.delete(request).map_err(full)?;
        Ok(head)
    }

    /// Reports progress.
    pub(crate) fn on_xferinfo(&mut self, amounts: [u64; 4]) -> Result<(), Failure> {
        let [dltotal, dlnow, ultotal, ulnow] = amounts;
        self.enter(Callback::Xferinfo, (), |exports, store| {
            exports
                .xferinfo
                .as_ref()
                .map(|xferinfo| xferinfo.call_on_xferinfo(store, dltotal, dlnow, ultotal, ulnow))
        })
    }

    /// Reports progress in the older way.
    pub(crate) fn on_progress(&mut self, amounts: [u64; 4]) -> Result<(), Failure> {
        let [dltotal, dlnow, ultotal, ulnow] = amounts.map(|amount| amount as f64);
        self.enter(Callback::Progress, (), |exports, store| {
            exports
                .progress
                .as_ref()
                .map(|progress| progress.call_on_progress(store, dltotal, dlnow, ultotal, ulnow))
        })
    }

    /// Tells what libcurl does.
    pub(crate) fn on_debug(&mut self, infotype: debug::Infotype, data: &[u8]) -> Result<(), Failure> {
        // As with a chunk of the body: what it is shown, it may spend fuel on.
        self.body_bytes = self.body_bytes.saturating_add(data.len() as u64);
        self.enter(Callback::Debug, (), |exports, store| {
            exports
                .debug
                .as_ref()
                .map(|debug| debug.call_on_debug(store, infotype, data))
        })
    }

    /// Tells when libcurl wants to be called again, in milliseconds.
    pub(crate) fn on_timer(&mut self, timeout: Option<u64>) -> Result<(), Failure> {
        self.enter(Callback::Timer, (), |exports, store| {
            exports.timer.as_ref().map(|timer| timer.call_on_timer(store, timeout))
        })
    }

    /// Asks about a redirect.
    pub(crate) fn on_redirect(&mut self, status: u16, source: &str, target: &str) -> Result<redirect::Action, Failure> {
        self.enter(Callback::Redirect, redirect::Action::Follow, |exports, store| {
            exports
                .redirect
                .as_ref()
                .map(|redirect| redirect.call_on_redirect(store, status, source, target))
        })
    }

    /// Tells how the transfer ended.
    pub(crate) fn on_done(&mut self, outcome: &done::Outcome) -> Result<(), Failure> {
        self.enter(Callback::Done, (), |exports, store| {
            exports.done.as_ref().map(|done| done.call_on_done(store, outcome))
        })
    }
}
