//! Drives transfers, any number of them, on one thread: one loop over readiness, libcurl's timers, the pauses and the
//! wake-ups from outside.

mod end;
mod fair;
mod lane;
mod names;
pub(super) mod run;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

#[cfg(feature = "cli")]
pub(crate) use end::MOST_IDLE;
use lane::Lane;

use super::dispatch::Dispatch;
use super::live::{Live, Next};
use super::outcome::Outcome;
use super::set::milliseconds;
use crate::callback::Callback;
use crate::curl::{Easy, LongOption, Multi, MultiError, Poller, Waker};
use crate::tenant::Tenant;

/// A wait that counts against the time of a transfer that libcurl does not have yet.
const MUCH: Duration = Duration::from_millis(100);
/// How long is waited after a poller that has failed twice.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);
/// How long what is to be done may take before sockets and orders are looked at again.
const PATIENCE: Duration = Duration::from_millis(5);

/// A thread's transfers.
pub(super) struct Worker {
    poller: Rc<Poller>,
    lanes: HashMap<usize, Lane>,
    /// The lanes of tenants, whose transfers share connections.
    shared: HashMap<usize, usize>,
    live: HashMap<usize, (Live, usize)>,
    /// When a transfer has to be looked at again: one time for each that waits for any.
    alarms: BTreeSet<(Instant, usize)>,
    /// The same of lanes.
    lane_alarms: BTreeSet<(Instant, usize)>,
    /// The lanes without a transfer, by the time since when they are.
    idle: BTreeSet<(Instant, usize)>,
    /// Whether it is for those who keep overrunning.
    low_priority: bool,
    /// Whose turn was the last.
    served: usize,
    /// The transfer that was looked after last.
    looked: usize,
    /// Where the silent sockets of a heavy lane begin.
    beats: usize,
    /// Lanes in which libcurl ran.
    touched: BTreeSet<usize>,
    /// There is more to do before it may wait.
    busy: bool,
    /// The poller failed the last time.
    failed: bool,
    ended: Vec<(usize, Outcome)>,
    made: usize,
}

impl Worker {
    pub(super) fn new() -> io::Result<Worker> {
        Ok(Worker {
            poller: Rc::new(Poller::new()?),
            lanes: HashMap::new(),
            shared: HashMap::new(),
            live: HashMap::new(),
            alarms: BTreeSet::new(),
            lane_alarms: BTreeSet::new(),
            idle: BTreeSet::new(),
            low_priority: false,
            served: 0,
            looked: 0,
            beats: 0,
            touched: BTreeSet::new(),
            busy: false,
            failed: false,
            ended: Vec::new(),
            made: 0,
        })
    }

    /// This one is for those who keep overrunning.
    pub(super) fn set_low_priority(&mut self) {
        self.low_priority = true;
    }

    /// A number that no transfer or lane of this worker has.
    pub(super) fn new_id(&mut self) -> usize {
        self.made += 1;
        self.made
    }

    /// Wakes this worker for the transfer of this number; for none, where it is none's.
    pub(super) fn waker(&self, id: usize) -> Waker {
        self.poller.waker(id)
    }

    /// Takes a transfer. Those of one tenant share connections; one without a tenant has them to itself.
    pub(super) fn take(&mut self, id: usize, mut live: Live, tenant: Option<&Tenant>) {
        match self.lane(tenant, live.is_alone()) {
            Ok(at) => {
                if let Some(lane) = self.lanes.get_mut(&at) {
                    lane.members += 1;
                    if let Some(since) = lane.idle.take() {
                        self.idle.remove(&(since, at));
                    }
                }
                self.live.insert(id, (live, at));
                self.look_after(id);
            }
            Err(error) => {
                live.fail(error.to_string());
                let easy = live.easy.take().map(Easy::into_detached);
                self.ended.push((id, live.end(easy)));
            }
        }
    }

    fn lane(&mut self, tenant: Option<&Tenant>, alone: bool) -> Result<usize, MultiError> {
        let shares = tenant.filter(|_| !alone);
        if let Some(lane) = shares.and_then(|tenant| self.shared.get(&tenant.id())) {
            return Ok(*lane);
        }
        let id = self.new_id();
        let multi = Multi::new(Rc::clone(&self.poller), id)?;
        self.lanes.insert(id, Lane::new(multi, tenant, shares.is_some())?);
        if let Some(tenant) = shares {
            self.shared.insert(tenant.id(), id);
        }
        Ok(id)
    }

    /// The transfers that have ended since this was last asked.
    pub(super) fn ended(&mut self) -> &mut Vec<(usize, Outcome)> {
        &mut self.ended
    }

    /// Drives what is ready, then waits until something is, or a transfer has ended, or for so long.
    pub(super) fn turn(&mut self, most: Option<Duration>) {
        self.settle();
        if !self.ended.is_empty() {
            return;
        }
        let alarms = [self.lane_alarms.first(), self.alarms.first()];
        let left = alarms.into_iter().flatten().map(|(at, _)| *at).min();
        let left = left.map(|at| at.saturating_duration_since(Instant::now()));
        let busy = self.busy.then_some(Duration::ZERO);
        match self.poller.wait([left, most, busy].into_iter().flatten().min()) {
            Ok(ready) => {
                self.failed = false;
                self.run_due();
                self.run_ready(ready);
                self.settle();
            }
            Err(error) => {
                for (id, (live, _)) in &self.live {
                    live.fail(format!("the transfer could not be driven: {error}"));
                    self.poller.waker(*id).mark();
                }
                // One that fails again and again must not take the whole processor.
                if std::mem::replace(&mut self.failed, true) {
                    std::thread::sleep(AFTER_A_FAILURE);
                }
            }
        }
    }

    /// Lets libcurl run in a lane.
    fn run_lane(&mut self, id: usize, run: impl FnOnce(&Multi<Dispatch>) -> Result<(), MultiError>) {
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        lane.ran = Instant::now();
        run::begins(lane.ran);
        let failed = run(&lane.multi).map_err(|error| error.to_string());
        self.touched.insert(id);
        if let Err(words) = failed {
            self.fail_lane(id, &words);
        }
    }

    fn fail_lane(&mut self, id: usize, words: &str) {
        let Some(lane) = self.lanes.get(&id) else { return };
        for transfer in lane.transfers.values() {
            if let Some((live, _)) = self.live.get(transfer) {
                live.fail(format!("the transfer could not be driven: {words}"));
                self.poller.waker(*transfer).mark();
            }
        }
    }

    /// Does what is to be done, until there is nothing more or it takes too long.
    fn settle(&mut self) {
        let begun = Instant::now();
        self.busy = false;
        // Those that come due meanwhile wait until sockets were looked at.
        let mut due = Vec::new();
        while let Some((_, id)) = self.alarms.first().copied().filter(|(at, _)| *at <= begun) {
            self.alarms.pop_first();
            if let Some((live, _)) = self.live.get_mut(&id) {
                live.alarm = None;
            }
            due.push(id);
        }
        loop {
            while let Some(id) = self.touched.pop_first() {
                self.look_into(id);
                self.set_lane_alarm(id);
            }
            let marked: BTreeSet<usize> = due.drain(..).chain(self.poller.take_marked()).collect();
            if marked.is_empty() && self.touched.is_empty() {
                return;
            }
            // Behind the one that was looked after last: those with high numbers must not wait for ever.
            let (first, last) = (marked.range(self.looked + 1..), marked.range(..=self.looked));
            for id in first.chain(last).copied().collect::<Vec<_>>() {
                match begun.elapsed() > PATIENCE {
                    true => self.poller.waker(id).mark(),
                    false => {
                        self.looked = id;
                        self.look_after(id);
                    }
                }
            }
            if begun.elapsed() > PATIENCE {
                self.busy = true;
                return;
            }
        }
    }

    /// After libcurl ran in a lane: what could not be watched, what has ended, what its timer is now.
    fn look_into(&mut self, id: usize) {
        let Some(lane) = self.lanes.get(&id) else { return };
        if let Err(error) = lane.multi.watched() {
            self.fail_lane(id, &error.to_string());
            return;
        }
        while let Some(finished) = self.lanes.get(&id).and_then(|lane| lane.multi.finished()) {
            let of = |lane: &Lane| lane.transfers.get(&finished.token).copied();
            if let Some(transfer) = self.lanes.get(&id).and_then(of)
                && let Some((live, _)) = self.live.get_mut(&transfer)
            {
                live.code = Some(live.dispatch.code_of_names(finished.code));
                self.poller.waker(transfer).mark();
            }
        }
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let timer = lane.multi.timer();
        if std::mem::replace(&mut lane.timer, timer) == timer || lane.is_shared {
            return;
        }
        for transfer in lane.transfers.values() {
            if let Some((live, _)) = self.live.get(transfer) {
                live.tell_timer(timer);
                self.poller.waker(*transfer).mark();
            }
        }
    }

    /// Does what is to be done for a transfer.
    fn look_after(&mut self, id: usize) {
        let Some((live, lane)) = self.live.get(&id) else { return };
        let (lane, ends) = (*lane, live.ends_by_itself());
        if !ends && self.rests(lane) {
            let Some((live, _)) = self.live.get_mut(&id) else {
                return;
            };
            if live.ends_overdue() {
                return self.end(id);
            }
            let overdue = live.overdue_at();
            if let Some(lane) = self.lanes.get_mut(&lane) {
                lane.deferred.insert(id);
            }
            self.set_alarm(id, overdue);
            return;
        }
        let Some((live, _)) = self.live.get(&id) else { return };
        match live.look_after() {
            Next::Wait(at) => self.set_alarm(id, at),
            Next::Begin => self.begin(id),
            Next::Fail(code) => {
                if let Some((live, _)) = self.live.get_mut(&id) {
                    live.code = Some(code);
                }
                self.end(id);
            }
            Next::Again => self.begin_again(id),
            Next::Unpause => {
                self.hand_names(id, lane);
                let Some((live, _)) = self.live.get(&id) else { return };
                let multi = self.lanes.get(&lane).map(|lane| &lane.multi);
                if let Some(easy) = live.token.and_then(|token| multi?.get(token)) {
                    live.dispatch.drop_suffixes(easy);
                    run::begins(Instant::now());
                    // A failure inside is the transfer's end, which libcurl reports as any other.
                    easy.unpause();
                }
                self.touched.insert(lane);
                self.poller.waker(id).mark();
            }
            Next::End => self.end(id),
        }
    }

    /// Looks at a transfer again at this time, in place of any other.
    fn set_alarm(&mut self, id: usize, at: Option<Instant>) {
        let Some((live, _)) = self.live.get_mut(&id) else {
            return;
        };
        if let Some(other) = std::mem::replace(&mut live.alarm, at) {
            self.alarms.remove(&(other, id));
        }
        self.alarms.extend(at.map(|at| (at, id)));
    }

    /// Gives a transfer to libcurl.
    fn begin(&mut self, id: usize) {
        let Some((live, of)) = self.live.get_mut(&id) else {
            return;
        };
        let Some(lane) = self.lanes.get_mut(of) else {
            // Its lane is kept as long as it is a member.
            live.fail("its multi handle is gone".to_owned());
            self.poller.waker(id).mark();
            return;
        };
        let Some(mut easy) = live.easy.take() else { return };
        // What it waited for by now is not given to libcurl once more.
        let left = live.left().filter(|left| *left + MUCH < live.dispatch.total.get());
        if let Some(left) = left
            && let Err(error) = easy.set_long(LongOption::TIMEOUT_MS, milliseconds(left))
        {
            live.fail(error.to_string());
        }
        if let Err(error) = names::give(live, &mut easy) {
            live.fail(error.to_string());
        }
        if live.dispatch.decides(Callback::Socket) {
            // Its handle is its own: whoever else were in it would be told of.
            lane.multi.listen(easy.handler());
        }
        match lane.multi.add(easy) {
            Ok(token) => {
                lane.transfers.insert(token, id);
                lane.reporters += usize::from(live.dispatch.wants_beats.get());
                live.token = Some(token);
            }
            Err(error) => live.fail(error.to_string()),
        }
        let of = *of;
        self.touched.insert(of);
        self.poller.waker(id).mark();
        // What libcurl does at once is done of one transfer at a time, so that others come in between. The guest of a lane of its
        // own is told of the timer first.
        if self.lanes.get(&of).is_some_and(|lane| lane.is_shared) {
            self.run_lane(of, Multi::tick);
        }
    }
}
