//! What must hold: the latch and all that it guards, written again as plainly as can be. What comes is in `receive`, what
//! goes in `send`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};

use enumset::EnumSet;

use super::event::{Event, Script, Verdict};
use super::guest::{cased, target};
use super::play::{Answer, PAUSE, TARGETS};
use super::send::Sending;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Continue, Flow, KeyVerdict, Sockopt};
use crate::transfer::code::Occasion;
use crate::transfer::pause::Direction;

pub(super) struct Model {
    /// The first cause, and where it arose.
    pub(super) first: Option<(Option<Callback>, Cause)>,
    pub(super) finished: bool,
    /// `done` has returned.
    over: bool,
    pub(super) calls: BTreeMap<Callback, u64>,
    pub(super) delivered: Vec<u8>,
    pub(super) received: u64,
    pub(super) occasion: Occasion,
    /// Header lines that came and were not taken yet, how many of them were before a pause, and what was taken in all.
    pub(super) lines: Vec<Vec<u8>>,
    pub(super) lines_before: usize,
    pub(super) lines_taken: u64,
    pub(super) line_bytes: u64,
    pub(super) sending: Sending,
    pub(super) sink_fails: bool,
    pub(super) shows_headers: bool,
    /// A socket was made whose number only libcurl knows.
    pub(super) made: bool,
    known: BTreeSet<RawFd>,
    decided: EnumSet<Callback>,
    told: VecDeque<Verdict>,
    tenant: bool,
    known_hosts_stay: bool,
    can_pause: bool,
    held: EnumSet<Direction>,
    /// Milliseconds of the budget that are left.
    left: u64,
    /// For each direction whether there is a pause, and whether it is the last that the budget allows.
    pauses: [Option<bool>; 2],
    paused_by: Option<Callback>,
}

impl Model {
    pub(super) fn new(script: &Script) -> Model {
        Model {
            first: None,
            finished: false,
            over: false,
            calls: BTreeMap::new(),
            delivered: Vec::new(),
            received: 0,
            occasion: Occasion::Any,
            lines: Vec::new(),
            lines_before: 0,
            lines_taken: 0,
            line_bytes: 0,
            sending: Sending::new(script),
            sink_fails: false,
            shows_headers: script.shows_headers,
            made: false,
            known: BTreeSet::new(),
            decided: script.decided,
            told: VecDeque::new(),
            tenant: script.tenant,
            known_hosts_stay: script.known_hosts_stay,
            can_pause: script.can_pause,
            held: EnumSet::empty(),
            left: PAUSE,
            pauses: [None; 2],
            paused_by: None,
        }
    }

    pub(super) fn tell(&mut self, verdicts: &[Verdict]) {
        self.told = verdicts.iter().copied().collect();
    }

    /// A socket of this number is the transfer's own.
    pub(super) fn known(&mut self, socket: Option<&OwnedFd>) {
        self.known.extend(socket.map(|socket| socket.as_raw_fd()));
    }

    pub(super) fn has_ended(&self) -> bool {
        self.finished || self.over || self.first.is_some()
    }

    pub(super) fn decides(&self, callback: Callback) -> bool {
        self.decided.contains(callback)
    }

    /// The first cause is kept.
    pub(super) fn fail(&mut self, callback: Option<Callback>, cause: Cause) {
        self.first.get_or_insert((callback, cause));
    }

    /// The guest's answer, libcurl's default where it does not decide; nothing where it is not to be entered any more,
    /// or fails by this call.
    pub(super) fn ask(&mut self, callback: Callback) -> Option<(u8, u32)> {
        let hears_of_the_end = matches!(
            callback,
            Callback::Debug | Callback::Timer | Callback::Socket | Callback::Closesocket | Callback::Done
        );
        if self.over || self.first.is_some() || (self.finished && !hears_of_the_end) {
            return None;
        }
        if !self.decides(callback) {
            return Some((0, 0));
        }
        *self.calls.entry(callback).or_default() += 1;
        let cause = match self.told.pop_front().unwrap_or(Verdict::NEUTRAL) {
            Verdict::Case(case, number) => {
                let case = cased(callback, case);
                if callback != Callback::Opensocket || case != 2 || target(number) < TARGETS {
                    return Some((case, number));
                }
                Cause::BadReturn
            }
            Verdict::Abort(_) => Cause::GuestAbort,
            Verdict::Trap => Cause::Trap,
            Verdict::Spin => Cause::OutOfFuel,
            Verdict::BadTag | Verdict::BadPointer => Cause::BadReturn,
        };
        self.fail(Some(callback), cause);
        None
    }

    pub(super) fn waits(&self, direction: Direction) -> bool {
        let held = self.held.contains(direction);
        self.can_pause && (held || self.pauses[direction as usize].is_some())
    }

    /// Whether the transfer pauses; it fails where not.
    pub(super) fn pauses(&mut self, callback: Callback, milliseconds: u32) -> bool {
        if !self.can_pause {
            self.fail(Some(callback), Cause::BadReturn);
            return false;
        }
        self.paused_by = Some(callback);
        if self.left == 0 {
            self.fail(Some(callback), Cause::PauseBudget);
            return false;
        }
        let direction = if callback == Callback::Read {
            Direction::Send
        } else {
            Direction::Receive
        };
        let wish = u64::from(milliseconds.max(1));
        self.pauses[direction as usize] = Some(wish > self.left);
        self.left = self.left.saturating_sub(wish);
        true
    }

    /// What libcurl gets, and what has changed by it. `socket` is the number of the one that the event is about.
    pub(super) fn event(&mut self, event: &Event, socket: Option<RawFd>) -> Answer {
        let goes_on = |yes| Answer::Continue(if yes { Continue::Yes } else { Continue::Abort });
        match event {
            Event::Start => drop(self.ask(Callback::Start)),
            Event::Redirect => return Answer::Flow(self.redirect()),
            Event::Write(len) => return Answer::Flow(self.write(*len)),
            Event::Header(lines) => return Answer::Flow(self.header(lines)),
            Event::Read(max) => return self.read(usize::from(*max)),
            Event::Seek(offset) => return Answer::Seek(self.seek(*offset)),
            Event::Ioctl(restart) => return Answer::Ioctl(self.ioctl(*restart)),
            Event::Xferinfo => {
                let older = self.decides(Callback::Progress) && !self.decides(Callback::Xferinfo);
                let callback = if older { Callback::Progress } else { Callback::Xferinfo };
                return goes_on(self.ask(callback).is_some());
            }
            Event::Opensocket(at) => return Answer::Opened(self.opensocket(*at)),
            Event::Sockopt(_, accept) => {
                return match socket {
                    None if !accept => Answer::Nothing,
                    socket => Answer::Sockopt(self.sockopt(socket, *accept)),
                };
            }
            Event::SshKey(known) => return Answer::Key(self.ssh_key(*known)),
            Event::Prereq => return goes_on(self.prereq()),
            Event::Debug(_) => drop(self.ask(Callback::Debug)),
            Event::Timer(_) => drop(self.ask(Callback::Timer)),
            Event::Socket(_) if socket.is_some_and(|socket| self.known.contains(&socket)) => {
                let _ = self.ask(Callback::Socket);
            }
            Event::Closesocket(_) if socket.is_some_and(|socket| self.known.remove(&socket)) => {
                let _ = self.ask(Callback::Closesocket);
            }
            Event::Socket(_) | Event::Closesocket(_) | Event::Vanish(_) => {}
            Event::Wait => {
                if self.pauses.contains(&Some(true)) {
                    self.fail(self.paused_by, Cause::PauseBudget);
                }
                self.pauses = [None; 2];
            }
            Event::Cancel => self.fail(None, Cause::Cancelled),
            Event::Panicked(callback) => self.fail(Some(*callback), Cause::HostPanic),
            Event::Unset(callback) => self.decided -= *callback,
            Event::Hold(directions) => self.held = *directions,
            Event::SinkFails(fails) => self.sink_fails = *fails,
        }
        Answer::Nothing
    }

    /// The policy first, then the guest, then the policy on what the guest put in its place. The guest's no is no end.
    fn opensocket(&mut self, at: usize) -> bool {
        let public = |at| at == 1;
        if self.has_ended() || (self.tenant && !public(at)) {
            return false;
        }
        self.made = match self.ask(Callback::Opensocket) {
            Some((0, _)) => true,
            Some((2, number)) => !self.tenant || public(target(number)),
            _ => false,
        };
        self.made
    }

    fn redirect(&mut self) -> Flow {
        match self.ask(Callback::Redirect) {
            Some((0, _)) => Flow::Taken,
            answer => {
                self.finished |= answer.is_some();
                Flow::Abort
            }
        }
    }

    /// There is no connection, so a policy that judges its other end has nothing to allow.
    fn prereq(&mut self) -> bool {
        if self.tenant && !self.has_ended() {
            self.fail(Some(Callback::Opensocket), Cause::Policy);
        }
        !self.has_ended()
    }

    fn sockopt(&mut self, socket: Option<RawFd>, accept: bool) -> Sockopt {
        if self.has_ended() {
            return Sockopt::Error;
        }
        self.made = accept;
        self.known.extend(socket);
        match self.ask(Callback::Sockopt) {
            Some((0, _)) => Sockopt::Ok,
            Some((2, _)) if !accept => Sockopt::AlreadyConnected,
            _ => Sockopt::Error,
        }
    }

    fn ssh_key(&mut self, known: bool) -> KeyVerdict {
        let decides = self.decides(Callback::SshKey);
        match self.ask(Callback::SshKey) {
            Some(_) if !decides && known => KeyVerdict::Fine,
            Some(_) if !decides => KeyVerdict::Reject,
            Some((0 | 4, _)) if self.known_hosts_stay => KeyVerdict::Fine,
            Some((0, _)) => KeyVerdict::FineAddToFile,
            Some((1, _)) => KeyVerdict::Fine,
            Some((4, _)) => KeyVerdict::FineReplace,
            _ => KeyVerdict::Reject,
        }
    }

    /// The end: `done` is told where nothing failed, and nobody after it.
    pub(super) fn done(&mut self) {
        let _ = self.ask(Callback::Done);
        self.over = true;
    }
}
