//! Header lines: counted, judged by the operator's guest and then by the tenant's, and shown where somebody wants them.

use std::cell::{Cell, RefCell};

use crate::callback::Callback;
use crate::curl::{Flow, OnHeader};
use crate::guest::header;
use crate::limits::Limit;
use crate::transfer::dispatch::Dispatch;
use crate::transfer::guests::Who;
use crate::transfer::trace::Shown;

/// The longest line that a guest is given: libcurl's own, CURL_MAX_HTTP_HEADER.
const LINE: usize = 100 << 10;

/// How far the header lines have come.
#[derive(Default)]
pub(in crate::transfer) struct Heads {
    /// Bytes of the lines that a pause interrupted, which were taken before it.
    taken: Cell<usize>,
    /// What the operator's guest made of the line after those, where the tenant's has paused at it.
    rest: RefCell<Option<Rest>>,
    /// Lines that were taken, and their bytes.
    lines: Cell<u64>,
    bytes: Cell<u64>,
    informational: Cell<u64>,
}

impl Heads {
    /// How many bytes wait for the tenant's guest.
    pub(in crate::transfer) fn waiting(&self) -> u64 {
        self.rest.borrow().as_ref().map_or(0, |rest| rest.lines.len() as u64)
    }
}

/// What the operator's guest has made of a line, and the tenant's has not heard of yet.
struct Rest {
    lines: Vec<u8>,
    /// The head ends here, though nothing of these says so: the tenant's hears of it and nothing is shown.
    ends: bool,
}

impl OnHeader for Dispatch {
    fn header(&self, lines: &[u8]) -> Flow {
        self.origin_answers();
        self.moved(self.on_header(lines))
    }
}

impl Dispatch {
    pub(in crate::transfer) fn on_header(&self, lines: &[u8]) -> Flow {
        match self.may_come() {
            Flow::Taken => {}
            other => return other,
        }
        // libcurl calls with one line; but what comes again after a pause, an older one joins.
        let mut taken = self.heads.taken.take();
        for line in lines
            .get(taken..)
            .unwrap_or_default()
            .split_inclusive(|byte| *byte == b'\n')
        {
            match self.header_line(line) {
                Flow::Taken if !self.within_header_limits(line) => return Flow::Abort,
                Flow::Taken => taken += line.len(),
                Flow::Pause => {
                    self.heads.taken.set(taken);
                    return Flow::Pause;
                }
                Flow::Abort => return Flow::Abort,
            }
        }
        Flow::Taken
    }

    /// Counts a header line; false where those are more than the policy allows.
    fn within_header_limits(&self, line: &[u8]) -> bool {
        let counts = [
            (Limit::HeaderLines, &self.heads.lines, 1),
            (Limit::HeaderBytes, &self.heads.bytes, line.len() as u64),
            (
                Limit::Informational,
                &self.heads.informational,
                u64::from(self.ends_informational(line)),
            ),
        ];
        counts.into_iter().all(|(limit, count, more)| {
            let total = count.get().saturating_add(more);
            count.set(total);
            let within = total <= self.policy.limits.get(limit);
            if !within {
                self.latch.set(self.over_limit(Callback::Header, limit, total));
            }
            within
        })
    }

    /// Whether this line is the last of a 1xx response.
    fn ends_informational(&self, line: &[u8]) -> bool {
        is_blank(line)
            && self
                .info
                .get()
                .is_some_and(|info| (100..200).contains(&info.number("response_code")))
    }

    fn header_line(&self, line: &[u8]) -> Flow {
        self.suffixes.read(line);
        if !self.may_follow(line) || (is_blank(line) && !self.suffixes_are_gone()) {
            return Flow::Pause;
        }
        let judged = match self.heads.rest.take() {
            Some(rest) => self.tell_rest(rest, line),
            None if self.guests.operator.decides(Callback::Header) => self.in_turn(line),
            None => self.tell_line(line, true),
        };
        match judged {
            Flow::Taken => self.follow(line),
            other => other,
        }
    }

    /// Through the operator's guest, and what that makes of it through the tenant's.
    fn in_turn(&self, line: &[u8]) -> Flow {
        let lines = match self.judge_line(Who::Operator, line) {
            None => return Flow::Abort,
            Some(header::Action::Pause(milliseconds)) => {
                return self.pause_reception(Who::Operator, Callback::Header, milliseconds);
            }
            Some(header::Action::Deliver) => line.to_vec(),
            Some(header::Action::Replace(bytes)) => bytes,
            Some(header::Action::Drop) => Vec::new(),
        };
        let ends = is_blank(line) && !lines_of(&lines).last().is_some_and(is_blank);
        self.tell_rest(Rest { lines, ends }, line)
    }

    fn tell_rest(&self, rest: Rest, line: &[u8]) -> Flow {
        let mut told = 0;
        let end = rest.ends.then_some((line, false));
        for (line, is_shown) in lines_of(&rest.lines).map(|line| (line, true)).chain(end) {
            match self.tell_line(line, is_shown) {
                Flow::Taken if is_shown => told += line.len(),
                Flow::Taken => {}
                Flow::Pause => {
                    let lines = rest.lines.get(told..).unwrap_or_default().to_vec();
                    self.heads.rest.replace(Some(Rest { lines, ends: rest.ends }));
                    return Flow::Pause;
                }
                Flow::Abort => return Flow::Abort,
            }
        }
        Flow::Taken
    }

    /// Through the tenant's guest, to where lines are shown.
    fn tell_line(&self, line: &[u8], is_shown: bool) -> Flow {
        match self.judge_line(Who::Tenant, line) {
            None => Flow::Abort,
            Some(header::Action::Pause(milliseconds)) => {
                self.pause_reception(Who::Tenant, Callback::Header, milliseconds)
            }
            Some(header::Action::Deliver) if is_shown => self.show_header(line),
            Some(header::Action::Replace(bytes)) if is_shown => self.show_header(&bytes),
            Some(header::Action::Deliver | header::Action::Replace(_) | header::Action::Drop) => Flow::Taken,
        }
    }

    fn judge_line(&self, who: Who, line: &[u8]) -> Option<header::Action> {
        let call = || {
            format!(
                "header({})",
                crate::escape::quote(String::from_utf8_lossy(line).trim_end())
            )
        };
        self.ask(
            who,
            Callback::Header,
            call,
            |guest| guest.on_header(line),
            || header::Action::Deliver,
        )
    }

    fn show_header(&self, line: &[u8]) -> Flow {
        // Trailers, of a body that the tenant's guest has seen enough of.
        if self.between.is_closed() {
            return Flow::Taken;
        }
        match self.dump_header(line) {
            Flow::Taken if self.output.show_headers => self.deliver(Callback::Header, line),
            other => other,
        }
    }
}

/// The lines of a text, none longer than libcurl's.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
        .flat_map(|line| line.chunks(LINE))
}

/// Whether a line ends the headers of a response.
pub(in crate::transfer) fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\r\n" | b"\n")
}

impl Shown for header::Action {
    fn shown(&self) -> String {
        match self {
            header::Action::Deliver => "deliver".to_owned(),
            header::Action::Replace(bytes) => format!("replace with {} bytes", bytes.len()),
            header::Action::Drop => "drop".to_owned(),
            header::Action::Pause(time) => format!("pause {time} ms"),
        }
    }
}
