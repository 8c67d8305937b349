//! CURLOPT_SEEKFUNCTION: an upload must go on from another place. The guests are asked whether they can, and the caller's
//! body is moved.

use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Ioctl, IoctlCommand, OnSeek, Seek};
use crate::guest::{Failure, seek};
use crate::transfer::code::Occasion;
use crate::transfer::dispatch::Dispatch;
use crate::transfer::ended::Ended;
use crate::transfer::guests::Who;
use crate::transfer::trace::named;

impl OnSeek for Dispatch {
    fn seek(&self, offset: u64) -> Seek {
        self.noted(self.on_seek(offset))
    }
}

impl Dispatch {
    pub(super) fn on_seek(&self, offset: u64) -> Seek {
        if self.ended() {
            return Seek::Fail;
        }
        // Whoever begins again begins at 0.
        self.upload.occasion.set(match (offset, self.upload.ftp.get()) {
            (0, _) => Occasion::Any,
            (_, false) => Occasion::Resumes,
            (_, true) => Occasion::ResumesFtp,
        });
        let decided = self.decides(Callback::Seek);
        // It was unset since libcurl was told of it: what libcurl would do without it.
        if !decided && self.decides(Callback::Ioctl) && offset == 0 {
            return match self.on_ioctl(IoctlCommand::RestartRead) {
                Ioctl::Ok => Seek::Ok,
                _ => Seek::Fail,
            };
        }
        for who in Who::IN_TURN {
            match self.seeks(who, offset) {
                Seek::Ok => {}
                refused => return refused,
            }
        }
        match self.begin_at(Callback::Seek, offset) {
            Some(true) => Seek::Ok,
            Some(false) => {
                let why = "what comes through a pipe cannot be read again: give a file";
                let ended = Ended::because(Callback::Seek, Cause::Source, why);
                self.refused.replace(Some(ended));
                // A guest promised what the caller's body cannot do.
                if decided {
                    return Seek::Fail;
                }
                self.upload.drops(offset);
                Seek::Cannot
            }
            None => Seek::Fail,
        }
    }

    /// Whether this guest can go on from there; one that sends nothing of its own always can.
    fn seeks(&self, who: Who, offset: u64) -> Seek {
        let seat = self.guests.seat(who);
        let decided = seat.decides(Callback::Seek);
        // libcurl calls one function for both guests, and this one exports the other.
        if !decided && seat.decides(Callback::Ioctl) && offset == 0 {
            return match self.restarts(who, IoctlCommand::RestartRead) {
                Ioctl::Ok => Seek::Ok,
                _ => Seek::Fail,
            };
        }
        // What the guest sent, or is going to, cannot be sent again without it.
        if !decided && (seat.has_sent.get() || seat.decides(Callback::Read)) {
            self.upload.drops(offset);
            let why = "it has sent bytes of its own, and decides neither `seek` nor `ioctl`";
            self.refuse_seek(who, Callback::Seek, Some(why));
            return Seek::Cannot;
        }
        let call = || format!("seek({offset})");
        let answer = self.ask(
            who,
            Callback::Seek,
            call,
            |guest| guest.on_seek(offset),
            || seek::Action::Ok,
        );
        match answer {
            Some(seek::Action::Ok) => Seek::Ok,
            Some(seek::Action::Fail) => {
                self.refuse_seek(who, Callback::Seek, None);
                Seek::Fail
            }
            Some(seek::Action::CantSeek) => {
                self.refuse_seek(who, Callback::Seek, None);
                self.upload.drops(offset);
                Seek::Cannot
            }
            None => Seek::Fail,
        }
    }

    /// Whether the caller's body goes on from there; `None` where it failed.
    pub(super) fn begin_at(&self, callback: Callback, offset: u64) -> Option<bool> {
        match self.upload.begin_at(offset) {
            Ok(moved) => Some(moved),
            Err(error) => {
                self.source_failed(callback, &error);
                None
            }
        }
    }

    /// It counts where libcurl has no other way, and so ends with the code for it.
    pub(super) fn refuse_seek(&self, who: Who, callback: Callback, why: Option<&str>) {
        let failure = Failure {
            reason: why.map(str::to_owned),
            ..Failure::of(Cause::Refused)
        };
        let subject = match self.upload.occasion.get() {
            Occasion::Any => "the upload another beginning",
            Occasion::Resumes | Occasion::ResumesFtp => "the upload to resume there",
        };
        self.refused
            .replace(Some(Ended::new(callback, failure).by(who).about(subject)));
    }
}

named! { seek::Action { Ok: "ok", Fail: "fail", CantSeek: "can't seek" } }
