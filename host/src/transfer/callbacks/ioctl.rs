//! CURLOPT_IOCTLFUNCTION: an upload must begin again, in the older way.

use crate::callback::Callback;
use crate::curl::{Ioctl, IoctlCommand, OnIoctl};
use crate::guest::ioctl;
use crate::transfer::dispatch::Dispatch;
use crate::transfer::guests::Who;
use crate::transfer::trace::named;

impl OnIoctl for Dispatch {
    fn ioctl(&self, command: IoctlCommand) -> Ioctl {
        self.noted(self.on_ioctl(command))
    }
}

impl Dispatch {
    pub(super) fn on_ioctl(&self, command: IoctlCommand) -> Ioctl {
        if self.ended() {
            return Ioctl::FailRestart;
        }
        for who in Who::IN_TURN {
            match self.restarts(who, command) {
                Ioctl::Ok => {}
                refused => return refused,
            }
        }
        if command == IoctlCommand::Nop {
            return Ioctl::Ok;
        }
        match self.begin_at(Callback::Ioctl, 0) {
            Some(true) => Ioctl::Ok,
            _ => Ioctl::FailRestart,
        }
    }

    /// Whether this guest can begin again.
    pub(super) fn restarts(&self, who: Who, command: IoctlCommand) -> Ioctl {
        let (cmd, name) = match command {
            IoctlCommand::Nop => (ioctl::Cmd::Nop, "nop"),
            IoctlCommand::RestartRead => (ioctl::Cmd::RestartRead, "restart-read"),
        };
        let seat = self.guests.seat(who);
        if !seat.decides(Callback::Ioctl) {
            if seat.has_sent.get() {
                return Ioctl::FailRestart;
            }
            // The other guest is why libcurl asks, and this one may have taken what it has not sent.
            if seat.decides(Callback::Read) && self.guests.other(who).decides(Callback::Ioctl) {
                let why = "it may hold bytes back, and decides neither `seek` nor `ioctl`";
                self.refuse_seek(who, Callback::Ioctl, Some(why));
                return Ioctl::FailRestart;
            }
        }
        let call = || format!("ioctl({name})");
        match self.ask(
            who,
            Callback::Ioctl,
            call,
            |guest| guest.on_ioctl(cmd),
            || ioctl::Action::Ok,
        ) {
            Some(ioctl::Action::Ok) => Ioctl::Ok,
            Some(ioctl::Action::UnknownCmd) => {
                self.refuse_seek(who, Callback::Ioctl, None);
                Ioctl::UnknownCmd
            }
            Some(ioctl::Action::FailRestart) => {
                self.refuse_seek(who, Callback::Ioctl, None);
                Ioctl::FailRestart
            }
            None => Ioctl::FailRestart,
        }
    }
}

named! { ioctl::Action { Ok: "ok", UnknownCmd: "unknown command", FailRestart: "fail restart" } }
