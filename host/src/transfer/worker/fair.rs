//! Whose turn it is: a ready socket of one tenant's after one of another's, however many each has; and none of one who has
//! to rest for what it used.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::time::{Duration, Instant};

use super::Worker;
use crate::curl::{Multi, Readiness};

/// How long ready sockets are served before all are asked again.
const SLICE: Duration = Duration::from_millis(10);
/// A tenant that keeps overrunning rests so many times as long on a thread that it has to leave: what it had begun there stays.
const PATIENCE_LOST: u32 = 20;
/// But not longer than this, where it is not what it owes: its transfers have times of their own.
const LONGEST: Duration = Duration::from_secs(1);
/// Running all transfers of a lane may take as long as one call may.
const HEAVY: Duration = Duration::from_millis(10);

impl Worker {
    /// Lets libcurl run for what is ready.
    pub(super) fn run_ready(&mut self, ready: Vec<Readiness>) {
        let begun = Instant::now();
        let mut turns: BTreeMap<usize, VecDeque<Readiness>> = BTreeMap::new();
        for ready in ready {
            if let Some(lane) = self.lanes.get(&ready.owner) {
                let whose = lane.tenant.as_ref().map_or(ready.owner, crate::tenant::Tenant::id);
                turns.entry(whose).or_default().push_back(ready);
            }
        }
        loop {
            let after = (Bound::Excluded(self.served), Bound::Unbounded);
            let next = turns.range(after).next().or_else(|| turns.iter().next());
            let Some(whose) = next.map(|(whose, _)| *whose) else {
                return;
            };
            self.served = whose;
            let ready = turns.get_mut(&whose).and_then(VecDeque::pop_front);
            if turns.get(&whose).is_some_and(VecDeque::is_empty) {
                turns.remove(&whose);
            }
            let Some(ready) = ready else { return };
            if self.rests(ready.owner) {
                if let Err(error) = self.poller.park(ready) {
                    self.fail_lane(ready.owner, &error.to_string());
                }
            } else {
                self.run_lane(ready.owner, |multi| multi.socket_ready(ready));
            }
            if begun.elapsed() > SLICE {
                // What is left is reported again.
                self.busy |= !turns.is_empty();
                return;
            }
        }
    }

    /// Whether a lane's tenant has to rest; it is looked at again when it has.
    pub(super) fn rests(&mut self, id: usize) -> bool {
        let Some(lane) = self.lanes.get_mut(&id) else {
            return false;
        };
        let now = Instant::now();
        if lane.rests.is_some_and(|until| until > now) {
            return true;
        }
        let stays = !self.low_priority && lane.keeps_overrunning();
        let longer = |rest: Duration| rest.max(LONGEST.min(rest * PATIENCE_LOST));
        let rest = lane.rest().map(|rest| if stays { longer(rest) } else { rest });
        let until = rest.map(|rest| now + rest);
        match (std::mem::replace(&mut lane.rests, until), until) {
            (None, None) => false,
            (Some(_), None) => {
                self.goes_on(id);
                false
            }
            (_, Some(_)) => {
                self.set_lane_alarm(id);
                true
            }
        }
    }

    /// What waited while its tenant rested is done now.
    fn goes_on(&mut self, id: usize) {
        if let Err(error) = self.poller.unpark(id) {
            self.fail_lane(id, &error.to_string());
        }
        let deferred = self.lanes.get_mut(&id).map(|lane| std::mem::take(&mut lane.deferred));
        for transfer in deferred.unwrap_or_default() {
            self.poller.waker(transfer).mark();
        }
        self.touched.insert(id);
    }

    /// The lanes whose time has come: the end of a rest, libcurl's timer, a heartbeat, the end of idleness.
    pub(super) fn run_due(&mut self) {
        let now = Instant::now();
        let mut due = Vec::new();
        while let Some((_, id)) = self.lane_alarms.first().copied().filter(|(at, _)| *at <= now) {
            self.lane_alarms.pop_first();
            due.push(id);
        }
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        for id in due {
            if let Some(lane) = self.lanes.get_mut(&id) {
                lane.alarm = None;
            }
            if self.rests(id) {
                self.set_lane_alarm(id);
                continue;
            }
            self.touched.insert(id);
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            if is_due(lane.is_idle_at()) {
                self.close_lane(id);
            } else if is_due(lane.beats_at()) {
                lane.beat = now;
                self.beat(id);
            } else {
                self.run_lane(id, Multi::tick);
            }
        }
    }

    /// Runs the silent ones of a lane too; where that took long, one after another among those of others.
    fn beat(&mut self, id: usize) {
        if self.lanes.get(&id).is_some_and(|lane| lane.is_heavy) {
            let mut sockets = self.poller.sockets_of(id);
            // Not all of them may have their turn: the next time others come first.
            self.beats = self.beats.wrapping_add(sockets.len() / 2 + 1);
            let first = self.beats % sockets.len().max(1);
            sockets.rotate_left(first);
            self.run_ready(sockets);
            self.run_lane(id, Multi::tick);
            return;
        }
        let begun = Instant::now();
        self.run_lane(id, Multi::run_all);
        if let Some(lane) = self.lanes.get_mut(&id) {
            lane.is_heavy = begun.elapsed() > HEAVY;
        }
    }

    /// Looks at a lane again when something is to be done in it.
    pub(super) fn set_lane_alarm(&mut self, id: usize) {
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let next = lane.next();
        if lane.alarm == next {
            return;
        }
        if let Some(other) = std::mem::replace(&mut lane.alarm, next) {
            self.lane_alarms.remove(&(other, id));
        }
        self.lane_alarms.extend(next.map(|at| (at, id)));
    }
}
