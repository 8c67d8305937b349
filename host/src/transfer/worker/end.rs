//! A transfer leaves libcurl: it is over, or begins once more elsewhere.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::Worker;
use crate::curl::{Detached, Easy, words_of};
use crate::transfer::dispatch::Dispatch;
use crate::transfer::live::Live;
use crate::transfer::outcome::Outcome;

/// So many tenants without a transfer keep their multi handle, and its connections, on a worker.
pub(crate) const MOST_IDLE: usize = 100;

impl Worker {
    /// Gives a transfer to libcurl once more, in a multi handle of its own: what is in its lane's pool has died under it.
    pub(super) fn begin_again(&mut self, id: usize) {
        let Some((mut live, of)) = self.live.remove(&id) else {
            return;
        };
        let tenant = self.lanes.get(&of).and_then(|lane| lane.tenant.clone());
        let left = self.give_up(id, &mut live, of);
        let code = live.code.take();
        match left.map(Detached::again) {
            Some(Ok(easy)) => live.easy = Some(easy),
            // It was not over HTTP alone: it ends as it did.
            Some(Err(detached)) => {
                live.code = code;
                return self.ended.push((id, live.end(Some(detached))));
            }
            None => {}
        }
        match self.lane(tenant.as_ref(), true) {
            Ok(at) => {
                if let Some(lane) = self.lanes.get_mut(&at) {
                    lane.members += 1;
                }
                self.live.insert(id, (live, at));
                self.poller.waker(id).mark();
            }
            Err(error) => {
                live.fail(error.to_string());
                let easy = live.easy.take().map(Easy::into_detached);
                self.ended.push((id, live.end(easy)));
            }
        }
    }

    /// Takes a transfer out of its lane; a lane of its own ends with that.
    fn give_up(&mut self, id: usize, live: &mut Live, of: usize) -> Option<Detached<Dispatch>> {
        let mut easy = live.easy.take().map(Easy::into_detached);
        let Some(lane) = self.lanes.get_mut(&of) else {
            return easy;
        };
        if let Some(token) = live.token.take() {
            lane.transfers.remove(&token);
            lane.reporters -= usize::from(live.dispatch.wants_beats.get());
            // What is kept of them is told, and is written when the handle is given up.
            if let Some(easy) = lane.multi.get(token) {
                live.dispatch.drop_suffixes(easy);
            }
            easy = lane.multi.remove(token);
        }
        lane.members -= 1;
        lane.deferred.remove(&id);
        lane.ran = Instant::now();
        match lane.is_shared {
            true => {
                self.touched.insert(of);
                self.may_be_idle(of);
            }
            false => self.close_lane(of),
        }
        easy
    }

    /// Keeps a lane that has no transfer for its tenant's next one, and closes the one that is idle for longest where there are
    /// too many: tenants may come once and never again, and each lane has descriptors.
    fn may_be_idle(&mut self, id: usize) {
        let Some(lane) = self.lanes.get_mut(&id).filter(|lane| lane.members == 0) else {
            return;
        };
        let since = *lane.idle.get_or_insert_with(Instant::now);
        self.idle.insert((since, id));
        while self.idle.len() > MOST_IDLE {
            if let Some((_, longest)) = self.idle.pop_first() {
                self.close_lane(longest);
            }
        }
    }

    /// A transfer is over: libcurl gives it up, and its connections with it where nobody else may use them, so that the
    /// guest hears of their end.
    pub(super) fn end(&mut self, id: usize) {
        self.set_alarm(id, None);
        let Some((mut live, of)) = self.live.remove(&id) else {
            return;
        };
        let easy = self.give_up(id, &mut live, of);
        let url = live.url.clone();
        // Sinks and sources of the caller's own are dropped in here.
        let outcome = catch_unwind(AssertUnwindSafe(|| live.end(easy)));
        let outcome = outcome.unwrap_or_else(|payload| Outcome::panicked(&url, words_of(&*payload)));
        self.ended.push((id, outcome));
    }

    /// Gives up a multi handle, and its connections.
    pub(super) fn close_lane(&mut self, id: usize) {
        let Some(lane) = self.lanes.remove(&id) else { return };
        if let Some(tenant) = lane.tenant.as_ref().filter(|_| lane.is_shared) {
            self.shared.remove(&tenant.id());
        }
        if let Some(at) = lane.alarm {
            self.lane_alarms.remove(&(at, id));
        }
        if let Some(since) = lane.idle {
            self.idle.remove(&(since, id));
        }
        drop(lane);
        // Nothing of it is watched any more.
        let _ = self.poller.unpark(id);
    }
}
