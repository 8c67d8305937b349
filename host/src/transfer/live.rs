//! A transfer under way: what is done for it between libcurl's turns, and its end.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::callbacks;
use super::dispatch::Dispatch;
use super::ended::Ended;
use super::handle::Handle;
use super::names::{Judged, Names};
use super::outcome::{self, Outcome};
use super::pause::{Direction, Granted};
use super::prepare::Prepared;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{CurlCode, Detached, Easy, Flow, Part, Token, Url};
use crate::guest::{Failure, Plugin};

/// A transfer that a worker has.
pub(super) struct Live {
    pub(super) dispatch: Rc<Dispatch>,
    pub(super) handle: Handle,
    /// As long as libcurl's multi handle does not have it.
    pub(super) easy: Option<Easy<Dispatch>>,
    /// From then on.
    pub(super) token: Option<Token>,
    /// When its worker looks at it again.
    pub(super) alarm: Option<Instant>,
    /// How libcurl has ended it.
    pub(super) code: Option<CurlCode>,
    pub(super) url: String,
    /// The guests have given what they held back.
    tailed: Cell<bool>,
    plugin: Option<Plugin>,
    begun: Instant,
    /// How long the host looked its name up before libcurl had it.
    looked_up: Cell<Duration>,
    /// The host has ended it for its time.
    overdue: bool,
}

/// How long after the end of a transfer's time the host ends it, where libcurl does not run.
const LATE: Duration = Duration::from_millis(500);

/// What a worker has to do for a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, until something happens or this time has come.
    Wait(Option<Instant>),
    /// Give it to libcurl.
    Begin,
    /// Let libcurl go on with what was paused.
    Unpause,
    /// Take it out: it has failed with this code before libcurl had it.
    Fail(CurlCode),
    /// Give it to libcurl once more, in a multi handle of its own.
    Again,
    /// Take it out: it is over.
    End,
}

impl Live {
    pub(super) fn new(prepared: Prepared, plugin: Option<Plugin>, handle: Handle) -> Live {
        let Prepared { easy, url } = prepared;
        Live {
            dispatch: Rc::clone(easy.handler()),
            handle,
            easy: Some(easy),
            token: None,
            alarm: None,
            code: None,
            tailed: Cell::default(),
            url,
            plugin,
            begun: Instant::now(),
            looked_up: Cell::default(),
            overdue: false,
        }
    }

    /// Whether it shares no connection with others of its tenant: where a verdict is about one, or its guest is told of all
    /// that its multi handle does; and over SSH, where libcurl uses a connection again that was verified by another file, or
    /// by none.
    pub(super) fn is_alone(&self) -> bool {
        let decides = |callback: Callback| self.dispatch.decides(callback);
        let of_connections = Callback::ALL
            .into_iter()
            .any(|callback| callback.decides_a_connection() && decides(callback));
        of_connections || decides(Callback::Timer) || self.url.starts_with("sftp:") || self.url.starts_with("scp:")
    }

    /// Carries out what was wished, and says what is to be done.
    ///
    /// A panic in here, of a sink or an observer, is this transfer's end alone.
    pub(super) fn look_after(&self) -> Next {
        let next = self.dispatch.contain(None, || self.next()).unwrap_or(Next::End);
        self.dispatch.settle_account();
        match self.dispatch.latch.is_set() {
            true => Next::End,
            false => next,
        }
    }

    /// Whether it ends without its guest or libcurl having to do anything.
    pub(super) fn ends_by_itself(&self) -> bool {
        let guest_has_a_say = self.dispatch.decides(Callback::WriteEnd) || self.dispatch.decides(Callback::Done);
        let ended = self.code.is_some() && !guest_has_a_say;
        ended || self.dispatch.latch.is_set() || self.handle.wishes().cancelled()
    }

    fn next(&self) -> Next {
        let (dispatch, wishes) = (&self.dispatch, self.handle.wishes());
        // What has ended cannot be cancelled any more.
        if wishes.cancelled() && (self.code.is_none() || dispatch.output.is_full() || dispatch.between.is_waiting()) {
            dispatch.latch.set(Ended::new(None, Failure::of(Cause::Cancelled)));
        }
        dispatch.unset(wishes.unset());
        // After the first cause nothing is delivered; and where libcurl has failed, nothing is waited for.
        let failed = self
            .code
            .filter(|code| *code != CurlCode::OK && !dispatch.finished.get());
        match failed {
            _ if dispatch.latch.is_set() => return Next::End,
            Some(code) if !wishes.cancelled() && self.has_time() && dispatch.begins_again(code) => return Next::Again,
            Some(_) => return Next::End,
            None => {}
        }
        let Some(emptied) = dispatch.sink_goes_on() else {
            return self
                .until_its_time(|| Ended::because(Callback::Write, Cause::Sink, "the output took no more in time"));
        };
        match (self.token, self.code) {
            _ if dispatch.latch.is_set() => Next::End,
            (None, _) => self.judged(),
            (Some(_), None) => self.moves(emptied),
            (Some(_), Some(code)) => self.tail(code),
        }
    }

    /// libcurl has ended it: what the guests held back comes now. The tenant's may pause at what the operator's gives, and
    /// the sink may have to be waited for.
    fn tail(&self, code: CurlCode) -> Next {
        let dispatch = &self.dispatch;
        if code == CurlCode::OK && !dispatch.ended() && !self.tailed.get() {
            self.end_pauses();
            if !dispatch.ended() && !dispatch.pause.holds(Direction::Receive) {
                let paused = end_body(dispatch) == Flow::Pause;
                self.tailed.set(!paused);
            }
            if !dispatch.ended() && !self.tailed.get() {
                // libcurl keeps no time any more.
                let next = self.until_its_time(|| dispatch.paused_to_the_end());
                return match next {
                    Next::Wait(at) => Next::Wait(at.into_iter().chain(dispatch.pause.next()).min()),
                    other => other,
                };
            }
        }
        match dispatch.output.is_full() && !dispatch.latch.is_set() {
            true => self.next(),
            false => Next::End,
        }
    }

    /// Ends the pauses whose time is over, and tells whether there was one; the transfer is over where they were the last.
    fn end_pauses(&self) -> bool {
        let pause = &self.dispatch.pause;
        let due = pause.take_due();
        if due == Some(Granted::Spent) {
            self.dispatch.pause_is_spent(pause.by());
        }
        due.is_some()
    }

    /// How much is left of the time of the whole transfer; `None` where that has no end.
    pub(super) fn left(&self) -> Option<Duration> {
        let until = self.begun.checked_add(self.dispatch.total.get())?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    /// When it is surely over its time: libcurl, which keeps that time itself, does not run while the tenant rests. Without a
    /// tenant libcurl always does.
    pub(super) fn overdue_at(&self) -> Option<Instant> {
        self.dispatch.account.as_ref()?;
        let most = self.dispatch.total.get().checked_add(LATE)?;
        self.begun.checked_add(most)
    }

    /// Ends it where it is over its time and libcurl has it; says whether it has ended so.
    pub(super) fn ends_overdue(&mut self) -> bool {
        self.overdue = self.token.is_some() && self.overdue_at().is_some_and(|at| at <= Instant::now());
        if self.overdue {
            self.code = Some(CurlCode::OPERATION_TIMEDOUT);
        }
        self.overdue
    }

    fn has_time(&self) -> bool {
        self.left().is_none_or(|left| !left.is_zero())
    }

    /// Waits until the time of the whole transfer is over, and ends it then.
    fn until_its_time(&self, ended: impl FnOnce() -> Ended) -> Next {
        match self.left() {
            _ if self.dispatch.latch.is_set() => Next::End,
            Some(left) if left.is_zero() => {
                self.dispatch.latch.set(ended());
                Next::End
            }
            left => Next::Wait(left.and_then(|left| Instant::now().checked_add(left))),
        }
    }

    fn moves(&self, emptied: bool) -> Next {
        let dispatch = &self.dispatch;
        let due = self.end_pauses();
        let let_go = dispatch.hold(self.handle.wishes().held());
        // libcurl may have nothing more to call with for a while.
        if dispatch.between.is_waiting() && !dispatch.ended() && !dispatch.waits(Direction::Receive) {
            dispatch.contain(Callback::Write, || dispatch.pass_on());
        }
        if dispatch.ended() {
            return Next::End;
        }
        match dispatch.suffixes_await()
            | emptied
            | due
            | let_go
            | dispatch.take_turn()
            | dispatch.upload_goes_on()
            | dispatch.names_go_on()
        {
            true => Next::Unpause,
            false => Next::Wait(dispatch.pause.next().into_iter().chain(self.overdue_at()).min()),
        }
    }

    /// Waits, where the host looks names up, until what the URL's name leads to is known.
    fn judged(&self) -> Next {
        let dispatch = &self.dispatch;
        if dispatch.names.is_some() {
            self.looked_up.set(self.begun.elapsed());
        }
        match (dispatch.judge_name_of(&self.url), &dispatch.names) {
            _ if dispatch.latch.is_set() => Next::End,
            (Judged::Unknown, Some(names)) => {
                names.fail(format!("Could not resolve host: {}", self.name()));
                Next::Fail(CurlCode::COULDNT_RESOLVE_HOST)
            }
            (Judged::NotYet, Some(names)) if names.hands_over() => self.resolving(names),
            (judged, _) => self.judged_strictly(judged),
        }
    }

    /// Waits for a name's answer, as long as libcurl would: within the time of the connection, and that of the transfer.
    fn resolving(&self, names: &Names) -> Next {
        let most = names.connect.get().min(self.dispatch.total.get());
        let waited = self.begun.elapsed();
        if waited < most {
            return Next::Wait(self.begun.checked_add(most));
        }
        let milliseconds = waited.as_millis();
        names.fail(format!("Resolving timed out after {milliseconds} milliseconds"));
        Next::Fail(CurlCode::OPERATION_TIMEDOUT)
    }

    fn name(&self) -> String {
        let url = Url::parse(&self.url).ok();
        url.and_then(|url| url.get(Part::Host)).unwrap_or_default()
    }

    /// How much is left of the time of its connection, where the host has waited for its name.
    pub(super) fn connect_left(&self) -> Option<Duration> {
        let names = self.dispatch.names.as_ref().filter(|names| names.hands_over())?;
        Some(names.connect.get().saturating_sub(self.begun.elapsed()))
    }

    fn judged_strictly(&self, judged: Judged) -> Next {
        let dispatch = &self.dispatch;
        match judged {
            Judged::NotYet => {
                self.until_its_time(|| dispatch.denied(&self.url, "strict: the resolver gave no answer in time"))
            }
            Judged::Open | Judged::No | Judged::Unknown => Next::Begin,
        }
    }

    /// Tells what libcurl asked of its timer.
    pub(super) fn tell_timer(&self, timeout: Option<Duration>) {
        self.dispatch
            .contain(Callback::Timer, || self.dispatch.on_timer(timeout));
    }

    /// The transfer cannot be driven.
    pub(super) fn fail(&self, words: String) {
        self.dispatch.latch.set(Ended::because(None, Cause::System, words));
    }

    /// The end, as libcurl saw it; the handle as it is given up, of which all was copied that there is to know. What the
    /// guest still has to say is heard.
    pub(super) fn end(self, easy: Option<Detached<Dispatch>>) -> Outcome {
        let code = self.code;
        let (dispatch, wishes) = (&self.dispatch, self.handle.wishes());
        // What was wished in the last turn of the loop.
        dispatch.unset(wishes.unset());
        dispatch.drop_kept();
        dispatch.settle_account();
        if !dispatch.latch.is_set() && (dispatch.finished.get() || code == Some(CurlCode::OK)) {
            dispatch.contain(Callback::Write, || dispatch.finish_sinks());
        }
        let plugin = self.plugin.as_ref();
        let info = easy.as_ref().map(|easy| (easy.info(), easy.error_text()));
        let (info, words) = info.unzip();
        let mut words = words.unwrap_or_default();
        if let Some(failed) = dispatch
            .names
            .as_ref()
            .and_then(Names::failed)
            .filter(|_| code != Some(CurlCode::OK))
        {
            failed.clone_into(&mut words);
        }
        if self.overdue {
            let milliseconds = self.begun.elapsed().as_millis();
            words = format!(
                "Operation timed out after {milliseconds} milliseconds, while its tenant rests for what was used"
            );
        }
        let outcome = || {
            let mut outcome = outcome::of(dispatch, code, info.as_deref(), &words, &self.url, plugin);
            outcome.seconds.after(self.looked_up.get());
            outcome
        };
        let before = outcome();
        dispatch.unset(wishes.unset());
        let failed = dispatch.latch.is_set();
        callbacks::done::tell_done(dispatch, &before);
        if !dispatch.decides(Callback::Done) && dispatch.latch.is_set() == failed {
            // Nobody was told, so it is as it was.
            return before;
        }
        let after = outcome();
        // `done` decides a success only: a failure that was there first stays.
        if before.code == CurlCode::OK {
            after
        } else {
            Outcome {
                guest: after.guest,
                operator: after.operator,
                ..before
            }
        }
    }
}

/// The body ended well: what the guests held back comes now, unless the tenant's pauses at it.
pub(super) fn end_body(dispatch: &Dispatch) -> Flow {
    let ended = dispatch.contain(Callback::WriteEnd, || dispatch.on_write_end());
    ended.unwrap_or(Flow::Abort)
}
