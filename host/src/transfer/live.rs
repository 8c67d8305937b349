//! A transfer under way: what is done for it between libcurl's turns, and its end.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::dispatch::Dispatch;
use super::ended::Ended;
use super::handle::Handle;
use super::names::Judged;
use super::outcome::{self, Outcome};
use super::pause::Granted;
use super::prepare::Prepared;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{CurlCode, Easy, Flow, Token};
use crate::guest::{Failure, Plugin};
use crate::limits::Limit;

/// A transfer that a worker has.
pub(super) struct Live {
    pub(super) dispatch: Rc<Dispatch>,
    pub(super) handle: Handle,
    /// As long as libcurl's multi handle does not have it.
    pub(super) easy: Option<Easy<Dispatch>>,
    /// From then on.
    pub(super) token: Option<Token>,
    /// How libcurl has ended it.
    pub(super) code: Option<CurlCode>,
    /// The guest has given what it held back.
    tailed: Cell<bool>,
    url: String,
    plugin: Option<Plugin>,
    begun: Instant,
}

/// What a worker has to do for a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, until something happens or this time has come.
    Wait(Option<Instant>),
    /// Give it to libcurl.
    Begin,
    /// Let libcurl go on with what was paused.
    Unpause,
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
            code: None,
            tailed: Cell::default(),
            url,
            plugin,
            begun: Instant::now(),
        }
    }

    /// Carries out what was wished, and says what is to be done.
    pub(super) fn next(&self) -> Next {
        let (dispatch, wishes) = (&self.dispatch, self.handle.wishes());
        // What has ended cannot be cancelled any more.
        if wishes.cancelled() && (self.code.is_none() || dispatch.output.is_full()) {
            dispatch.latch.set(Ended::new(None, Failure::of(Cause::Cancelled)));
        }
        dispatch.unset(wishes.unset());
        let Some(emptied) = dispatch.sink_goes_on() else {
            return self.before_its_time("the output took no more in time");
        };
        match (self.token, self.code) {
            _ if dispatch.latch.is_set() => Next::End,
            (None, _) => self.judged(),
            (Some(_), None) => self.moves(emptied),
            (Some(_), Some(code)) => self.tail(code),
        }
    }

    /// libcurl has ended it: what the guest held back comes now, and the sink may have to be waited for.
    fn tail(&self, code: CurlCode) -> Next {
        if code == CurlCode::OK && !self.dispatch.ended() && !self.tailed.replace(true) {
            end_body(&self.dispatch);
        }
        match self.dispatch.output.is_full() && !self.dispatch.latch.is_set() {
            true => self.next(),
            false => Next::End,
        }
    }

    /// Waits until the time of the whole transfer is over, and ends it then.
    fn before_its_time(&self, words: &str) -> Next {
        let dispatch = &self.dispatch;
        let until = self.begun.checked_add(dispatch.policy.limits.time(Limit::TotalTime));
        if dispatch.latch.is_set() {
            return Next::End;
        }
        if until.is_none_or(|until| until > Instant::now()) {
            return Next::Wait(until);
        }
        let ended = Ended::because(Callback::Write, Cause::Sink, words);
        dispatch.latch.set(ended);
        Next::End
    }

    fn moves(&self, emptied: bool) -> Next {
        let dispatch = &self.dispatch;
        let due = dispatch.pause.take_due();
        if due == Some(Granted::Spent) {
            dispatch.pause_is_spent(dispatch.pause.by());
        }
        if dispatch.ended() {
            return Next::End;
        }
        let let_go = dispatch.hold(self.handle.wishes().held());
        match dispatch.suffixes_await()
            | emptied
            | due.is_some()
            | let_go
            | dispatch.upload_goes_on()
            | dispatch.names_go_on()
        {
            true => Next::Unpause,
            false => Next::Wait(dispatch.pause.next()),
        }
    }

    /// Waits, where the policy is strict, until what the URL's name leads to is known. libcurl's own time has not begun by
    /// then, so this one is kept here.
    fn judged(&self) -> Next {
        let dispatch = &self.dispatch;
        if dispatch.judge_name_of(&self.url) != Judged::NotYet {
            return match dispatch.latch.is_set() {
                true => Next::End,
                false => Next::Begin,
            };
        }
        let patience = dispatch.policy.limits.time(Limit::TotalTime);
        let until = self.begun.checked_add(patience);
        if until.is_none_or(|until| until > Instant::now()) {
            return Next::Wait(until);
        }
        let ended = dispatch.denied(&self.url, "strict: the resolver gave no answer in time");
        dispatch.latch.set(ended);
        Next::End
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

    /// The end, as libcurl saw it; the handle as it is given up. What the guest still has to say is heard.
    pub(super) fn end(self, easy: Option<Easy<Dispatch>>) -> Outcome {
        let code = self.code;
        let (dispatch, wishes) = (&self.dispatch, self.handle.wishes());
        // What was wished in the last turn of the loop.
        dispatch.unset(wishes.unset());
        if !dispatch.latch.is_set() && (dispatch.finished.get() || code == Some(CurlCode::OK)) {
            dispatch.contain(Callback::Write, || dispatch.finish_sinks());
        }
        let plugin = self.plugin.as_ref();
        let info = easy.as_ref().map(|easy| (easy.info().clone(), easy.error_text()));
        let (info, words) = info.unzip();
        let words = words.unwrap_or_default();
        let outcome = || outcome::of(dispatch, code, info.as_ref(), &words, &self.url, plugin);
        let before = outcome();
        dispatch.unset(wishes.unset());
        tell_done(dispatch, &before);
        let after = outcome();
        // `done` decides a success only: a failure that was there first stays.
        if before.code == CurlCode::OK {
            after
        } else {
            Outcome {
                guest: after.guest,
                ..before
            }
        }
    }
}

/// The body ended well: what the guest held back comes now.
pub(super) fn end_body(dispatch: &Dispatch) {
    let call = || "write-end()".to_owned();
    dispatch.contain(Callback::WriteEnd, || {
        let tail = dispatch.ask(Callback::WriteEnd, call, |guest| guest.on_write_end(), Vec::new);
        if let Some(tail) = tail {
            let _: Flow = dispatch.deliver(Callback::WriteEnd, &tail);
        }
    });
}

/// Tells `done`, where nothing failed before.
pub(super) fn tell_done(dispatch: &Dispatch, outcome: &Outcome) {
    if dispatch.latch.is_set() {
        dispatch.over.set(true);
        return;
    }
    let told = outcome.for_guest();
    let call = || format!("done({})", outcome.code);
    dispatch.contain(Callback::Done, || {
        dispatch.ask(Callback::Done, call, |guest| guest.on_done(&told), || ())
    });
    dispatch.over.set(true);
}
