//! The body's way: a chunk goes through the operator's guest, then through the tenant's, then to the sink.

use std::cell::{Cell, RefCell};

use crate::callback::Callback;
use crate::curl::{Flow, OnWrite};
use crate::guest::{Failure, write};
use crate::transfer::dispatch::Dispatch;
use crate::transfer::ended::Ended;
use crate::transfer::guests::Who;
use crate::transfer::pause::Direction;
use crate::transfer::trace::Shown;

/// The longest chunk that a guest is given: libcurl's own, CURL_MAX_WRITE_SIZE.
const CHUNK: usize = 16 << 10;

/// What lies between both guests.
#[derive(Default)]
pub(in crate::transfer) struct Between {
    /// What the operator's has passed on, and the tenant's has paused at. The operator's is not asked about it again.
    bytes: RefCell<Vec<u8>>,
    /// The operator's has finished: the transfer has when these are through.
    last: Cell<bool>,
    /// The tenant's has finished, and the operator's wants to see the body's end: nothing more is delivered.
    closed: Cell<bool>,
    /// The operator's has given what it held back.
    tailed: Cell<bool>,
}

impl Between {
    /// How many bytes wait for the tenant's guest.
    pub(in crate::transfer) fn waiting(&self) -> u64 {
        self.bytes.borrow().len() as u64
    }

    /// Whether something waits for the tenant's guest.
    pub(in crate::transfer) fn is_waiting(&self) -> bool {
        !self.bytes.borrow().is_empty()
    }

    /// Whether the tenant's guest has finished while the operator's goes on.
    pub(in crate::transfer) fn is_closed(&self) -> bool {
        self.closed.get()
    }
}

impl OnWrite for Dispatch {
    fn write(&self, chunk: &[u8]) -> Flow {
        self.moved(self.on_write(chunk))
    }
}

impl Dispatch {
    /// Whether something that comes may be looked at now; what waits for the tenant's guest goes first.
    pub(in crate::transfer) fn may_come(&self) -> Flow {
        if self.ended() {
            return Flow::Abort;
        }
        if self.waits(Direction::Receive) || self.yields() {
            return Flow::Pause;
        }
        match self.pass_on() {
            Flow::Taken if self.waits(Direction::Receive) => Flow::Pause,
            other => other,
        }
    }

    pub(in crate::transfer) fn on_write(&self, chunk: &[u8]) -> Flow {
        match self.may_come() {
            Flow::Taken => {}
            other => return other,
        }
        if !self.within_body_limit(chunk) {
            return Flow::Abort;
        }
        let first = match self.guests.operator.decides(Callback::Write) {
            true => Who::Operator,
            false => Who::Tenant,
        };
        let Some(action) = self.judge(first, chunk) else {
            return Flow::Abort;
        };
        if matches!(action, write::Action::Pause(_)) {
            // They come again.
            let received = &self.output.received;
            received.set(received.get().saturating_sub(chunk.len() as u64));
        }
        match (first, action) {
            (Who::Tenant, _) if self.between.is_closed() => Flow::Taken,
            (Who::Tenant, action) => self.carry_out(action, chunk),
            (Who::Operator, write::Action::Deliver) => self.hand_over(chunk, false),
            (Who::Operator, write::Action::Replace(bytes)) => self.hand_over(&bytes, false),
            (Who::Operator, write::Action::Finish(count)) => {
                let front = chunk.get(..count as usize).unwrap_or_default();
                self.hand_over(front, true)
            }
            (Who::Operator, write::Action::Pause(milliseconds)) => {
                self.pause_reception(Who::Operator, Callback::Write, milliseconds)
            }
        }
    }

    /// What a guest makes of a chunk.
    fn judge(&self, who: Who, chunk: &[u8]) -> Option<write::Action> {
        let call = || format!("write({} bytes)", chunk.len());
        let action = self.ask(
            who,
            Callback::Write,
            call,
            |guest| guest.on_write(chunk),
            || write::Action::Deliver,
        )?;
        if let write::Action::Finish(count) = action
            && count as usize > chunk.len()
        {
            let why = format!("finish({count}) of a chunk of {} bytes", chunk.len());
            self.latch
                .set(Ended::new(Callback::Write, Failure::bad_return(&why)).by(who));
            return None;
        }
        Some(action)
    }

    /// Does what the tenant's guest has answered.
    fn carry_out(&self, action: write::Action, chunk: &[u8]) -> Flow {
        match action {
            write::Action::Deliver => self.deliver(Callback::Write, chunk),
            write::Action::Replace(bytes) => self.deliver(Callback::Write, &bytes),
            write::Action::Finish(count) => {
                let front = chunk.get(..count as usize).unwrap_or_default();
                match self.deliver(Callback::Write, front) {
                    // A gate of the operator's that tells only at the end must not be got round by an earlier one.
                    Flow::Taken if self.guests.operator.decides(Callback::WriteEnd) => {
                        self.between.closed.set(true);
                        Flow::Taken
                    }
                    Flow::Taken => {
                        self.finished.set(true);
                        Flow::Abort
                    }
                    _ => Flow::Abort,
                }
            }
            write::Action::Pause(milliseconds) => self.pause_reception(Who::Tenant, Callback::Write, milliseconds),
        }
    }

    /// Hands bytes of the operator's guest to the tenant's; these are the last where that has finished.
    fn hand_over(&self, bytes: &[u8], last: bool) -> Flow {
        let (taken, flow) = self.through_tenant(bytes);
        match flow {
            Flow::Pause => {
                let rest = bytes.get(taken..).unwrap_or_default();
                self.between.bytes.replace(rest.to_vec());
                self.between.last.set(last);
                // The operator's has judged the chunk, so it must not come again: but after the last one, nothing shall.
                if last { Flow::Pause } else { Flow::Taken }
            }
            flow => self.passed(flow, last),
        }
    }

    /// Lets the tenant's guest have what it has paused at. Nothing that comes may overtake it.
    pub(in crate::transfer) fn pass_on(&self) -> Flow {
        let last = self.between.last.get();
        if !last && !self.between.is_waiting() {
            return Flow::Taken;
        }
        let waiting = self.between.bytes.take();
        let (taken, flow) = self.through_tenant(&waiting);
        if flow == Flow::Pause {
            let rest = waiting.get(taken..).unwrap_or_default();
            self.between.bytes.replace(rest.to_vec());
        }
        self.passed(flow, last)
    }

    fn passed(&self, flow: Flow, last: bool) -> Flow {
        match flow {
            Flow::Taken if last => {
                self.finished.set(true);
                Flow::Abort
            }
            flow => flow,
        }
    }

    /// Through the tenant's guest to the sink, in chunks as libcurl's; how many bytes it took.
    fn through_tenant(&self, bytes: &[u8]) -> (usize, Flow) {
        let mut taken = 0;
        for chunk in bytes.chunks(CHUNK) {
            if self.between.is_closed() {
                break;
            }
            let Some(action) = self.judge(Who::Tenant, chunk) else {
                return (taken, Flow::Abort);
            };
            match self.carry_out(action, chunk) {
                Flow::Taken => taken += chunk.len(),
                other => return (taken, other),
            }
        }
        (bytes.len(), Flow::Taken)
    }

    /// libcurl has ended the body well: what the guests held back comes now. A pause of the tenant's holds it up, and it is
    /// called again.
    pub(in crate::transfer) fn on_write_end(&self) -> Flow {
        let call = || "write-end()".to_owned();
        let ask = |who| self.ask(who, Callback::WriteEnd, call, |guest| guest.on_write_end(), Vec::new);
        // Before the operator's tail goes what was paused at, behind it.
        for _ in 0..2 {
            match self.pass_on() {
                Flow::Taken => {}
                other => return other,
            }
            if !self.between.tailed.replace(true) {
                let Some(tail) = ask(Who::Operator) else {
                    return Flow::Abort;
                };
                self.between.bytes.replace(tail);
            }
        }
        if self.between.is_closed() {
            self.finished.set(true);
            return Flow::Taken;
        }
        match ask(Who::Tenant) {
            Some(tail) => self.deliver(Callback::WriteEnd, &tail),
            None => Flow::Abort,
        }
    }
}

impl Shown for write::Action {
    fn shown(&self) -> String {
        match self {
            write::Action::Deliver => "deliver".to_owned(),
            write::Action::Replace(bytes) => format!("replace with {} bytes", bytes.len()),
            write::Action::Finish(count) => format!("finish after {count} bytes"),
            write::Action::Pause(time) => format!("pause {time} ms"),
        }
    }
}
