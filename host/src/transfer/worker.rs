//! Drives transfers, any number of them, on one thread: one loop over readiness, libcurl's timers, the pauses and the
//! wake-ups from outside.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::dispatch::Dispatch;
use super::live::{Live, Next};
use super::outcome::Outcome;
use crate::callback::Callback;
use crate::curl::{Multi, MultiError, Poller, Token, Waker};

/// How long a lane with a transfer that reports its progress may be silent before it is run all the same.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long the connections of a tenant without a transfer are kept.
const IDLE: Duration = Duration::from_secs(30);

/// A thread's transfers.
pub(super) struct Worker {
    poller: Rc<Poller>,
    lanes: BTreeMap<usize, Lane>,
    /// The lanes of tenants, whose transfers share connections.
    shared: HashMap<String, usize>,
    live: HashMap<usize, (Live, usize)>,
    /// When a transfer has to be looked at again.
    alarms: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Lanes in which libcurl ran.
    touched: BTreeSet<usize>,
    ended: Vec<(usize, Outcome)>,
    made: usize,
}

/// A multi handle, and the transfers in it.
struct Lane {
    multi: Multi<Dispatch>,
    transfers: HashMap<Token, usize>,
    /// Those that want to know how far they are, in silence too.
    reporters: usize,
    /// When libcurl ran in it last.
    ran: Instant,
    /// What a guest was told of libcurl's timer last.
    timer: Option<Duration>,
    /// Whose it is; `None` where it is one transfer's own.
    tenant: Option<String>,
}

impl Lane {
    fn next(&self) -> Option<Instant> {
        let beat = (self.reporters > 0).then(|| self.ran + HEARTBEAT);
        let idle = self.transfers.is_empty().then(|| self.ran + IDLE);
        [self.multi.due(), beat, idle].into_iter().flatten().min()
    }
}

impl Worker {
    pub(super) fn new() -> io::Result<Worker> {
        Ok(Worker {
            poller: Rc::new(Poller::new()?),
            lanes: BTreeMap::new(),
            shared: HashMap::new(),
            live: HashMap::new(),
            alarms: BinaryHeap::new(),
            touched: BTreeSet::new(),
            ended: Vec::new(),
            made: 0,
        })
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

    /// Takes a transfer. Those of one tenant share connections; one without a tenant has them to itself, and so has one
    /// whose guest is told of all that its multi handle does.
    pub(super) fn take(&mut self, id: usize, mut live: Live, tenant: Option<&str>) {
        let alone = [Callback::Timer, Callback::Socket, Callback::Closesocket]
            .into_iter()
            .any(|callback| live.dispatch.decides(callback));
        match self.lane(tenant.filter(|_| !alone)) {
            Ok(lane) => {
                self.live.insert(id, (live, lane));
                self.look_after(id);
            }
            Err(error) => {
                live.fail(error.to_string());
                let easy = live.easy.take();
                self.ended.push((id, live.end(easy)));
            }
        }
    }

    fn lane(&mut self, tenant: Option<&str>) -> Result<usize, MultiError> {
        if let Some(lane) = tenant.and_then(|tenant| self.shared.get(tenant)) {
            return Ok(*lane);
        }
        let id = self.new_id();
        let lane = Lane {
            multi: Multi::new(Rc::clone(&self.poller), id)?,
            transfers: HashMap::new(),
            reporters: 0,
            ran: Instant::now(),
            timer: None,
            tenant: tenant.map(str::to_owned),
        };
        self.lanes.insert(id, lane);
        if let Some(tenant) = tenant {
            self.shared.insert(tenant.to_owned(), id);
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
        let next = self.lanes.values().filter_map(Lane::next).min();
        let alarm = self.alarms.peek().map(|Reverse((at, _))| *at);
        let left = [next, alarm].into_iter().flatten().min();
        let left = left.map(|at| at.saturating_duration_since(Instant::now()));
        match self.poller.wait([left, most].into_iter().flatten().min()) {
            Ok(ready) => {
                for ready in ready {
                    self.run_lane(ready.owner, |multi| multi.socket_ready(ready));
                }
                self.run_due();
                self.settle();
            }
            Err(error) => {
                let all: Vec<usize> = self.lanes.keys().copied().collect();
                all.into_iter()
                    .for_each(|lane| self.fail_lane(lane, &error.to_string()));
            }
        }
    }

    /// The lanes whose time has come: libcurl's timer, a heartbeat, the end of idleness.
    fn run_due(&mut self) {
        let now = Instant::now();
        let due = self
            .lanes
            .iter()
            .filter(|(_, lane)| lane.next().is_some_and(|at| at <= now));
        for id in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            let Some(lane) = self.lanes.get(&id) else { continue };
            if lane.transfers.is_empty() && lane.ran + IDLE <= now {
                self.close_lane(id);
            } else if lane.reporters > 0 && lane.ran + HEARTBEAT <= now {
                self.run_lane(id, Multi::run_all);
            } else {
                self.run_lane(id, Multi::tick);
            }
        }
    }

    /// Lets libcurl run in a lane.
    fn run_lane(&mut self, id: usize, run: impl FnOnce(&Multi<Dispatch>) -> Result<(), MultiError>) {
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        lane.ran = Instant::now();
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

    /// Does what is to be done until there is nothing more.
    fn settle(&mut self) {
        loop {
            while let Some(id) = self.touched.pop_first() {
                self.look_into(id);
            }
            let mut marked = self.poller.take_marked();
            let now = Instant::now();
            while let Some(Reverse((_, id))) = self.alarms.peek().copied().filter(|Reverse((at, _))| *at <= now) {
                self.alarms.pop();
                marked.push(id);
            }
            if marked.is_empty() && self.touched.is_empty() {
                return;
            }
            marked.into_iter().for_each(|id| self.look_after(id));
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
                live.code = Some(finished.code);
                self.poller.waker(transfer).mark();
            }
        }
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let timer = lane.multi.timer();
        if std::mem::replace(&mut lane.timer, timer) == timer || lane.tenant.is_some() {
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
        let lane = *lane;
        match live.next() {
            Next::Wait(None) => {}
            Next::Wait(Some(at)) => self.alarms.push(Reverse((at, id))),
            Next::Begin => self.begin(id),
            Next::Unpause => {
                let multi = self.lanes.get(&lane).map(|lane| &lane.multi);
                if let Some(easy) = live.token.and_then(|token| multi?.get(token)) {
                    live.dispatch.drop_suffixes(easy);
                    // A failure inside is the transfer's end, which libcurl reports as any other.
                    easy.unpause();
                }
                self.touched.insert(lane);
                self.poller.waker(id).mark();
            }
            Next::End => self.end(id),
        }
    }

    /// Gives a transfer to libcurl.
    fn begin(&mut self, id: usize) {
        let Some((live, of)) = self.live.get_mut(&id) else {
            return;
        };
        let (Some(lane), Some(easy)) = (self.lanes.get_mut(of), live.easy.take()) else {
            return;
        };
        if live.dispatch.decides(Callback::Socket) {
            // Its handle is its own: whoever else were in it would be told of.
            lane.multi.listen(easy.handler());
        }
        match lane.multi.add(easy) {
            Ok(token) => {
                lane.transfers.insert(token, id);
                lane.reporters += usize::from(live.dispatch.reports_progress.get());
                live.token = Some(token);
            }
            Err(error) => live.fail(error.to_string()),
        }
        self.touched.insert(*of);
        self.poller.waker(id).mark();
    }

    /// A transfer is over: libcurl gives it up, and its connections with it where nobody else may use them, so that the
    /// guest hears of their end.
    fn end(&mut self, id: usize) {
        let Some((mut live, of)) = self.live.remove(&id) else {
            return;
        };
        let mut easy = live.easy.take();
        if let Some(lane) = self.lanes.get_mut(&of) {
            if let Some(token) = live.token {
                lane.transfers.remove(&token);
                lane.reporters -= usize::from(live.dispatch.reports_progress.get());
                easy = lane.multi.remove(token);
                // What is kept of them is written when the handle is given up.
                if let Some(easy) = &easy {
                    live.dispatch.drop_suffixes(easy);
                }
            }
            lane.ran = Instant::now();
            match lane.tenant {
                Some(_) => drop(self.touched.insert(of)),
                None => drop(self.lanes.remove(&of)),
            }
        }
        self.ended.push((id, live.end(easy)));
    }

    /// Closes the connections of a tenant that has no transfer.
    fn close_lane(&mut self, id: usize) {
        if let Some(Lane {
            tenant: Some(tenant), ..
        }) = self.lanes.remove(&id)
        {
            self.shared.remove(&tenant);
        }
    }
}
