//! An upload that must go on from another place: the guest is asked whether it can, and the caller's body is moved.

use super::code::Occasion;
use super::dispatch::Dispatch;
use super::ended::Ended;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Ioctl, IoctlCommand, Seek};
use crate::guest::{Failure, IoctlAction, IoctlCmd, SeekAction};

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
        // What the guest sent, or is going to, cannot be sent again without it.
        if !decided && (self.upload.by_guest.get() || self.decides(Callback::Read)) {
            self.upload.drops(offset);
            let why = "it has sent bytes of its own, and decides neither `seek` nor `ioctl`";
            self.refuse_seek(Callback::Seek, Some(why));
            return Seek::Cannot;
        }
        let call = || format!("seek({offset})");
        match self.ask(Callback::Seek, call, |guest| guest.on_seek(offset), || SeekAction::Ok) {
            Some(SeekAction::Ok) => match self.begin_at(Callback::Seek, offset) {
                Some(true) => Seek::Ok,
                Some(false) => {
                    let why = "what comes through a pipe cannot be read again: give a file";
                    let ended = Ended::because(Callback::Seek, Cause::Source, why);
                    self.refused.replace(Some(ended));
                    // The guest promised what the caller's body cannot do.
                    if decided {
                        return Seek::Fail;
                    }
                    self.upload.drops(offset);
                    Seek::Cannot
                }
                None => Seek::Fail,
            },
            Some(SeekAction::Fail) => {
                self.refuse_seek(Callback::Seek, None);
                Seek::Fail
            }
            Some(SeekAction::CantSeek) => {
                self.refuse_seek(Callback::Seek, None);
                self.upload.drops(offset);
                Seek::Cannot
            }
            None => Seek::Fail,
        }
    }

    pub(super) fn on_ioctl(&self, command: IoctlCommand) -> Ioctl {
        if self.ended() {
            return Ioctl::FailRestart;
        }
        let (cmd, name) = match command {
            IoctlCommand::Nop => (IoctlCmd::Nop, "nop"),
            IoctlCommand::RestartRead => (IoctlCmd::RestartRead, "restart-read"),
        };
        if !self.decides(Callback::Ioctl) && self.upload.by_guest.get() {
            return Ioctl::FailRestart;
        }
        let call = || format!("ioctl({name})");
        match self.ask(Callback::Ioctl, call, |guest| guest.on_ioctl(cmd), || IoctlAction::Ok) {
            Some(IoctlAction::Ok) if command == IoctlCommand::Nop => Ioctl::Ok,
            Some(IoctlAction::Ok) => match self.begin_at(Callback::Ioctl, 0) {
                Some(true) => Ioctl::Ok,
                _ => Ioctl::FailRestart,
            },
            Some(IoctlAction::UnknownCmd) => {
                self.refuse_seek(Callback::Ioctl, None);
                Ioctl::UnknownCmd
            }
            Some(IoctlAction::FailRestart) => {
                self.refuse_seek(Callback::Ioctl, None);
                Ioctl::FailRestart
            }
            None => Ioctl::FailRestart,
        }
    }

    /// Whether the caller's body goes on from there; `None` where it failed.
    fn begin_at(&self, callback: Callback, offset: u64) -> Option<bool> {
        match self.upload.begin_at(offset) {
            Ok(moved) => Some(moved),
            Err(error) => {
                self.source_failed(callback, &error);
                None
            }
        }
    }

    /// It counts where libcurl has no other way, and so ends with the code for it.
    fn refuse_seek(&self, callback: Callback, why: Option<&str>) {
        let failure = Failure {
            reason: why.map(str::to_owned),
            ..Failure::of(Cause::Refused)
        };
        let subject = match self.upload.occasion.get() {
            Occasion::Any => "the upload another beginning",
            Occasion::Resumes | Occasion::ResumesFtp => "the upload to resume there",
        };
        self.refused.replace(Some(Ended::new(callback, failure).about(subject)));
    }
}
