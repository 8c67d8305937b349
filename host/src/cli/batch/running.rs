//! A batch under way: what happens, one after the other.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::super::Exit;
use super::Event;
use super::desk::Desk;
use super::progress::Progress;
use super::reader::End;
use super::room::Room;
use crate::curl::CurlCode;

/// A batch under way.
pub(super) struct Running {
    pub(super) desk: Desk,
    pub(super) room: Arc<Room>,
    pub(super) progress: Progress,
    /// Whether the input has an end of its own.
    pub(super) ends: bool,
    pub(super) end: Option<End>,
    /// Jobs that were not started.
    pub(super) left: u64,
    /// The first that came.
    pub(super) signal: Option<i32>,
}

impl Running {
    /// Goes on until each line has its outcome, or as much as a signal leaves of that.
    pub(super) async fn run(&mut self, mut inbox: UnboundedReceiver<Event>) -> anyhow::Result<u8> {
        while !self.is_over() {
            let Some(event) = inbox.recv().await else { break };
            self.on(event)?;
        }
        self.progress.end(&self.desk.tally);
        let end = self.end.take();
        if let Some(signal) = self.signal {
            self.say_what_is_left(end.is_none());
            return Ok(u8::try_from(128 + signal).unwrap_or(u8::MAX));
        }
        match end.and_then(|end| end.error) {
            Some(error) => Err(Exit {
                code: u8::try_from(CurlCode::READ_ERROR.number()).unwrap_or(u8::MAX),
                text: format!("the jobs cannot be read any further: {error}; those that were read have their outcomes"),
            }
            .into()),
            None => Ok(0),
        }
    }

    fn on(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Job(_) | Event::Fault(_) if self.signal.is_some() => self.left += 1,
            Event::Job(job) => self.desk.take(*job)?,
            Event::Fault(fault) => self.desk.fault(&fault)?,
            Event::End(end) => {
                self.left += end.left;
                self.end = Some(end);
            }
            Event::Loaded(key, loaded) => self.desk.loaded(key, &loaded)?,
            Event::Ended(number, outcome) => {
                let began = self.desk.ended(number, &outcome)?;
                self.left += u64::from(!began);
            }
            Event::Signal(signal) if self.signal.is_none() => {
                self.signal = Some(signal);
                self.room.close();
                self.left += self.desk.withdraw();
                let text = "what runs is finished, nothing else is started; once more cancels what runs";
                self.progress.log().say(text);
            }
            Event::Signal(_) => self.desk.cancel(),
            Event::Tick => {
                let (running, moving) = self.desk.running();
                let queued = self.room.jobs().saturating_sub(running);
                self.progress.draw(&self.desk.tally, running, queued, moving);
            }
        }
        Ok(())
    }

    /// A reader that waits for somebody to write is not waited for.
    fn is_over(&self) -> bool {
        let read = self.end.is_some() || (self.signal.is_some() && !self.ends);
        read && self.desk.is_idle()
    }

    fn say_what_is_left(&self, more: bool) {
        let more = if more {
            " and whatever the input still holds"
        } else {
            ""
        };
        let resume = "run it again with --resume and the file of outcomes";
        self.progress.log().say(&match (self.left, more) {
            (0, "") => "no job was left out".to_owned(),
            (left, more) => format!("{left} jobs were not started{more}: {resume}"),
        });
    }
}
