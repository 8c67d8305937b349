//! The real thing: a dispatch with its guest and its sink, asked as libcurl asks.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::super::{dispatch, lock, policy};
use super::event::{Event, Script};
use super::guest::{self, Channel};
use crate::address::Address;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{
    Callbacks as _, Continue, Flow, InfoType, Ioctl, IoctlCommand, KeyMatch, KeyType, KeyVerdict, OnClosesocket as _,
    OnDebug as _, OnHeader as _, OnIoctl as _, OnOpensocket as _, OnPrereq as _, OnRead as _, OnSeek as _,
    OnSocket as _, OnSockopt as _, OnSshKey as _, OnWrite as _, OnXferinfo as _, Open, Poll, Read, Seek, SocketTarget,
    SocketType, Sockopt, SshKey,
};
use crate::guest::{Failure, Plugin};
use crate::limits::{Limit, Limits};
use crate::sink::Sink;
use crate::tenant::policy::PolicyKind;
use crate::transfer::callbacks;
use crate::transfer::callbacks::redirect::Hop;
use crate::transfer::dispatch::Dispatch;
use crate::transfer::ended::Ended;
use crate::transfer::pause::Granted;
use crate::transfer::source::Source;
use crate::transfer::spec::{Ssh, TransferSpec};

/// What a sequence's policy allows.
pub(super) const BODY: u64 = 700;
pub(super) const DELIVERED: u64 = 600;
pub(super) const UPLOADED: u64 = 400;
pub(super) const HEADER_LINES: u64 = 8;
pub(super) const HEADER_BYTES: u64 = 300;
/// Short, since it is waited for.
pub(super) const PAUSE: u64 = 3;

/// How many addresses there are; none is ever dialled.
pub(super) const TARGETS: usize = 5;

/// What libcurl got.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Flow(Flow),
    /// The answer, and what is in the buffer.
    Read(Read, Vec<u8>),
    Seek(Seek),
    Ioctl(Ioctl),
    Continue(Continue),
    Opened(bool),
    Sockopt(Sockopt),
    Key(KeyVerdict),
    Nothing,
}

/// Keeps what is delivered, and may be told to fail.
#[derive(Clone, Default)]
pub(super) struct Kept {
    pub(super) bytes: Arc<Mutex<Vec<u8>>>,
    pub(super) fails: Arc<AtomicBool>,
}

impl Sink for Kept {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("told to fail"));
        }
        lock(&self.bytes).extend_from_slice(bytes);
        Ok(())
    }
}

pub(super) struct Play {
    pub(super) dispatch: Dispatch,
    pub(super) plugin: Plugin,
    pub(super) guest: Channel,
    pub(super) sink: Kept,
    /// As libcurl has them.
    pub(super) sockets: Vec<OwnedFd>,
    /// The number of the last one that libcurl closed; it may be another's by now.
    closed: Option<RawFd>,
    /// Header lines that a pause interrupted.
    pub(super) lines: Vec<Vec<u8>>,
}

impl Play {
    pub(super) fn new(script: &Script) -> Result<Play> {
        let mut limits = Limits::curl();
        for (limit, value) in [
            (Limit::Body, BODY),
            (Limit::Delivered, DELIVERED),
            (Limit::Uploaded, UPLOADED),
            (Limit::HeaderLines, HEADER_LINES),
            (Limit::HeaderBytes, HEADER_BYTES),
            (Limit::PauseBudget, PAUSE),
            (Limit::Fuel, 20_000),
            // Fuel alone ends a call, however busy the machine is.
            (Limit::CallTime, 600_000),
            (Limit::InstantiateTime, 600_000),
        ] {
            limits.set(limit, value);
        }
        let kind = if script.tenant {
            PolicyKind::Tenant
        } else {
            PolicyKind::Curl
        };
        let policy = policy(kind, limits)?;
        let spec = TransferSpec {
            show_headers: script.shows_headers,
            ssh: Ssh {
                known_hosts_stay: script.known_hosts_stay,
                ..Ssh::default()
            },
            ..TransferSpec::default()
        };
        let (sink, channel, plugin) = (Kept::default(), Channel::default(), guest::plugin()?);
        let guest = guest::guest(&policy, &plugin, &channel)?;
        let dispatch = dispatch(policy, spec, Box::new(sink.clone()), script.can_pause)?;
        dispatch.guests.tenant.guest.replace(Some(guest));
        for callback in plugin
            .callbacks()
            .iter()
            .filter(|callback| script.decided.contains(**callback))
        {
            dispatch.decide(*callback);
        }
        let source = script.body.map(|size| Source::bytes(body(size)));
        dispatch
            .upload
            .begin(source, script.announced.map(u64::from), script.ftp);
        Ok(Play {
            dispatch,
            plugin,
            guest: channel,
            sink,
            sockets: Vec::new(),
            closed: None,
            lines: Vec::new(),
        })
    }

    /// The number of the socket that an event is about, before it is closed.
    pub(super) fn socket_of(&self, event: &Event) -> Option<RawFd> {
        match event {
            Event::Sockopt(at, false) | Event::Closesocket(at) => self.socket(*at),
            Event::Socket(at) => self.socket(*at).or(self.closed),
            _ => None,
        }
    }

    fn socket(&self, at: usize) -> Option<RawFd> {
        self.sockets.get(at).map(|socket| socket.as_raw_fd())
    }

    pub(super) fn event(&mut self, event: &Event) -> Answer {
        let dispatch = &self.dispatch;
        if let Some(callback) = asks(event, dispatch) {
            self.guest.about(callback);
        }
        match event {
            Event::Start => {
                let mut spec = TransferSpec::default();
                callbacks::start::amend(dispatch, &mut spec, "http://h.test/", "GET");
                Answer::Nothing
            }
            Event::Redirect => Answer::Flow(dispatch.asks_to_follow(&Hop {
                status: 302,
                source: "http://h.test/".to_owned(),
                target: "http://h.test/there".to_owned(),
            })),
            Event::Write(len) => Answer::Flow(dispatch.write(&chunk(*len))),
            Event::Header(lines) => {
                self.lines.extend(lines.iter().map(|len| line(*len)));
                let flow = dispatch.header(&self.lines.concat());
                if flow != Flow::Pause {
                    self.lines.clear();
                }
                Answer::Flow(flow)
            }
            Event::Read(max) => {
                let mut buffer = vec![0; usize::from(*max)];
                let read = dispatch.read(&mut buffer);
                let count = if let Read::Bytes(count) = read { count } else { 0 };
                buffer.truncate(count);
                Answer::Read(read, buffer)
            }
            Event::Seek(offset) => Answer::Seek(dispatch.seek(*offset)),
            Event::Ioctl(true) => Answer::Ioctl(dispatch.ioctl(IoctlCommand::RestartRead)),
            Event::Ioctl(false) => Answer::Ioctl(dispatch.ioctl(IoctlCommand::Nop)),
            Event::Xferinfo => Answer::Continue(dispatch.xferinfo(1, 2, 3, 4)),
            Event::Debug(len) => {
                dispatch.debug(InfoType::DataIn, &chunk(*len));
                Answer::Nothing
            }
            Event::Opensocket(at) => self.open(*at),
            Event::Sockopt(at, accept) => self.tune(*at, *accept),
            Event::Socket(_) => {
                if let Some(socket) = self.socket_of(event) {
                    dispatch.socket(socket, Poll::InOut);
                }
                Answer::Nothing
            }
            Event::Closesocket(at) => {
                if *at < self.sockets.len() {
                    self.closed = self.socket(*at);
                    dispatch.closesocket(self.sockets.remove(*at));
                }
                Answer::Nothing
            }
            Event::Vanish(at) => {
                if *at < self.sockets.len() {
                    drop(self.sockets.remove(*at));
                }
                Answer::Nothing
            }
            Event::Timer(set) => {
                dispatch.on_timer(set.then_some(Duration::from_millis(7)));
                Answer::Nothing
            }
            Event::SshKey(known) => {
                let key = || SshKey {
                    bytes: vec![7; 9],
                    kind: KeyType::Ed25519,
                };
                let matched = if *known { KeyMatch::Ok } else { KeyMatch::Missing };
                Answer::Key(dispatch.ssh_key(known.then(key), key(), matched))
            }
            Event::Prereq => Answer::Continue(dispatch.prereq()),
            _ => self.wish(event),
        }
    }

    /// What the driver does between libcurl's calls.
    fn wish(&self, event: &Event) -> Answer {
        let dispatch = &self.dispatch;
        match event {
            Event::Wait => {
                let mut spent = false;
                while let Some(until) = dispatch.pause.next() {
                    std::thread::sleep(until.saturating_duration_since(Instant::now()));
                    spent |= dispatch.pause.take_due() == Some(Granted::Spent);
                }
                if spent {
                    dispatch.pause_is_spent(dispatch.pause.by());
                }
            }
            Event::Cancel => dispatch.latch.set(Ended::new(None, Failure::of(Cause::Cancelled))),
            Event::Panicked(callback) => dispatch.panicked(*callback, "words"),
            Event::Unset(callback) => dispatch.unset((*callback).into()),
            Event::Hold(directions) => drop(dispatch.hold(*directions)),
            Event::SinkFails(fails) => self.sink.fails.store(*fails, Ordering::Relaxed),
            _ => {}
        }
        Answer::Nothing
    }

    fn open(&mut self, at: usize) -> Answer {
        let Some(address) = address(at) else {
            return Answer::Nothing;
        };
        let target = SocketTarget {
            accept: false,
            socktype: SocketType::Stream,
            protocol: libc::IPPROTO_TCP,
            address,
        };
        match self.dispatch.opensocket(&target) {
            Open::Socket { socket, .. } => {
                self.sockets.push(socket);
                Answer::Opened(true)
            }
            Open::Refuse | Open::Failed(_) => Answer::Opened(false),
        }
    }

    fn tune(&mut self, at: usize, accept: bool) -> Answer {
        if accept {
            let Ok((socket, _)) = UnixStream::pair() else {
                return Answer::Nothing;
            };
            self.sockets.push(socket.into());
        }
        let socket = if accept {
            self.sockets.last()
        } else {
            self.sockets.get(at)
        };
        socket.map_or(Answer::Nothing, |socket| {
            Answer::Sockopt(self.dispatch.sockopt(socket.as_fd(), accept))
        })
    }
}

/// Which callback's answer the guest gives, where it is asked.
fn asks(event: &Event, dispatch: &Dispatch) -> Option<Callback> {
    Some(match event {
        Event::Start => Callback::Start,
        Event::Redirect => Callback::Redirect,
        Event::Write(_) => Callback::Write,
        Event::Header(_) => Callback::Header,
        Event::Read(_) => Callback::Read,
        Event::Seek(_) if dispatch.decides(Callback::Seek) => Callback::Seek,
        Event::Seek(_) | Event::Ioctl(_) => Callback::Ioctl,
        Event::Opensocket(_) => Callback::Opensocket,
        Event::Sockopt(..) => Callback::Sockopt,
        Event::SshKey(_) => Callback::SshKey,
        // What is only told has one answer; which of them it is makes no difference.
        Event::Xferinfo | Event::Debug(_) | Event::Socket(_) | Event::Closesocket(_) | Event::Timer(_) => {
            Callback::Debug
        }
        _ => return None,
    })
}

/// The caller's body.
pub(super) fn body(size: u8) -> Vec<u8> {
    (0..size).collect()
}

/// A chunk of the response's.
pub(super) fn chunk(len: u8) -> Vec<u8> {
    (0..len).map(|byte| byte.wrapping_mul(3)).collect()
}

/// A header line of so many bytes.
pub(super) fn line(len: u8) -> Vec<u8> {
    let mut line = vec![b'h'; usize::from(len.saturating_sub(1))];
    line.push(b'\n');
    line
}

/// An address by its place; those that a guest may name are text, as its answers are.
pub(super) fn address(at: usize) -> Option<Address> {
    let inet = |ip: [u8; 4], port| Some(Address::Inet(SocketAddr::new(Ipv4Addr::from(ip).into(), port)));
    match at {
        0 => inet([127, 0, 0, 1], 80),
        1 => inet([8, 8, 8, 8], 80),
        2 => inet([10, 0, 0, 1], 80),
        3 => inet([8, 8, 8, 8], 22),
        4 => Some(Address::Unix(b"/run/x".to_vec())),
        _ => None,
    }
}
