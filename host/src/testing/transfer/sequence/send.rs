//! The model of what goes.

use super::event::Script;
use super::model::Model;
use super::play::{Answer, UPLOADED, body};
use super::receive::own;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Ioctl, Read, Seek};
use crate::transfer::code::Occasion;
use crate::transfer::pause::Direction;

pub(super) struct Sending {
    body: Option<Vec<u8>>,
    announced: Option<u64>,
    ftp: bool,
    /// Where the caller's body goes on.
    at: usize,
    sent: u64,
    total: u64,
    /// What libcurl reads and drops, since nobody seeks.
    drops: u64,
    by_guest: bool,
}

impl Sending {
    pub(super) fn new(script: &Script) -> Sending {
        Sending {
            body: script.body.map(body),
            announced: script.announced.map(u64::from),
            ftp: script.ftp,
            at: 0,
            sent: 0,
            total: 0,
            drops: 0,
            by_guest: false,
        }
    }
}

impl Model {
    pub(super) fn read(&mut self, max: usize) -> Answer {
        let nothing = |read| Answer::Read(read, Vec::new());
        if self.has_ended() {
            return nothing(Read::Abort);
        }
        if self.waits(Direction::Send) {
            return nothing(Read::Pause);
        }
        let left = self
            .sending
            .announced
            .map_or(u64::MAX, |size| size.saturating_sub(self.sending.sent));
        if left == 0 {
            return nothing(Read::Bytes(0));
        }
        let room = max.min(usize::try_from(left).unwrap_or(usize::MAX));
        match self.ask(Callback::Read) {
            None => nothing(Read::Abort),
            Some((0, _)) => {
                let sending = &mut self.sending;
                let rest = sending.body.iter().flatten().skip(sending.at);
                let bytes: Vec<u8> = rest.take(room).copied().collect();
                sending.at += bytes.len();
                match bytes.is_empty() {
                    true => nothing(self.end_of_upload(Cause::Source)),
                    false => self.sends(bytes),
                }
            }
            Some((1, count)) => {
                let bytes = own(count);
                if bytes.is_empty() || bytes.len() > room {
                    self.fail(Some(Callback::Read), Cause::BadReturn);
                    return nothing(Read::Abort);
                }
                self.sending.by_guest = true;
                self.sends(bytes)
            }
            Some((2, _)) => {
                self.sending.by_guest = true;
                nothing(self.end_of_upload(Cause::BadReturn))
            }
            Some(_) if self.sending.drops > 0 => {
                self.fail(Some(Callback::Read), Cause::BadReturn);
                nothing(Read::Abort)
            }
            Some((_, milliseconds)) => nothing(match self.pauses(Callback::Read, milliseconds) {
                true => Read::Pause,
                false => Read::Abort,
            }),
        }
    }

    fn sends(&mut self, bytes: Vec<u8>) -> Answer {
        let count = bytes.len() as u64;
        self.sending.total += count;
        if self.sending.total > UPLOADED {
            self.fail(Some(Callback::Read), Cause::Policy);
            return Answer::Read(Read::Abort, Vec::new());
        }
        self.sending.sent += count;
        self.sending.drops = self.sending.drops.saturating_sub(count);
        Answer::Read(Read::Bytes(bytes.len()), bytes)
    }

    /// Less than was announced is a failure of whoever ended it.
    fn end_of_upload(&mut self, cause: Cause) -> Read {
        if self.sending.announced.is_some_and(|size| self.sending.sent < size) {
            self.fail(Some(Callback::Read), cause);
            return Read::Abort;
        }
        Read::Bytes(0)
    }

    pub(super) fn seek(&mut self, offset: u64) -> Seek {
        if self.has_ended() {
            return Seek::Fail;
        }
        self.occasion = match (offset, self.sending.ftp) {
            (0, _) => Occasion::Any,
            (_, true) => Occasion::ResumesFtp,
            (_, false) => Occasion::Resumes,
        };
        let decides = self.decides(Callback::Seek);
        if !decides && self.decides(Callback::Ioctl) && offset == 0 {
            return match self.ioctl(true) {
                Ioctl::Ok => Seek::Ok,
                _ => Seek::Fail,
            };
        }
        if !decides && (self.sending.by_guest || self.decides(Callback::Read)) {
            self.sending.drops = offset;
            return Seek::Cannot;
        }
        match self.ask(Callback::Seek) {
            Some((0, _)) => {
                self.begin_at(offset);
                Seek::Ok
            }
            Some((2, _)) => {
                self.sending.drops = offset;
                Seek::Cannot
            }
            _ => Seek::Fail,
        }
    }

    pub(super) fn ioctl(&mut self, restart: bool) -> Ioctl {
        if self.has_ended() || (!self.decides(Callback::Ioctl) && self.sending.by_guest) {
            return Ioctl::FailRestart;
        }
        match self.ask(Callback::Ioctl) {
            Some((0, _)) => {
                if restart {
                    self.begin_at(0);
                }
                Ioctl::Ok
            }
            Some((1, _)) => Ioctl::UnknownCmd,
            _ => Ioctl::FailRestart,
        }
    }

    fn begin_at(&mut self, offset: u64) {
        self.sending.at = offset as usize;
        self.sending.sent = offset;
        self.sending.drops = 0;
    }
}
