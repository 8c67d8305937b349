//! What may happen to a transfer, read from bytes.

use arbitrary::{Result, Unstructured};
use enumset::EnumSet;

use crate::callback::Callback;
use crate::transfer::pause::Direction;

/// A transfer, and what happens to it.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) tenant: bool,
    pub(super) can_pause: bool,
    pub(super) shows_headers: bool,
    pub(super) known_hosts_stay: bool,
    pub(super) ftp: bool,
    /// The size of the caller's body, where he has one.
    pub(super) body: Option<u8>,
    /// The size that is announced of it.
    pub(super) announced: Option<u8>,
    /// The callbacks that the guest decides.
    pub(super) decided: EnumSet<Callback>,
    pub(super) events: Vec<(Event, Vec<Verdict>)>,
    /// What the guest answers to `write-end` and `done`.
    pub(super) last: Vec<Verdict>,
}

/// What libcurl asks, the driver does, or the caller wishes.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The request is about to be made.
    Start,
    /// libcurl is about to follow a redirect.
    Redirect,
    /// So many bytes of the body.
    Write(u8),
    /// Header lines of so many bytes, behind those that a pause interrupted.
    Header(Vec<u8>),
    Read(u8),
    Seek(u64),
    /// Whether it is CURLIOCMD_RESTARTREAD.
    Ioctl(bool),
    Xferinfo,
    Debug(u8),
    /// The place of [`TARGETS`](super::play::TARGETS) that libcurl would dial.
    Opensocket(usize),
    /// One of the open sockets, or one that was accepted.
    Sockopt(usize, bool),
    Socket(usize),
    Closesocket(usize),
    /// libcurl closes an accepted socket itself, without a word.
    Vanish(usize),
    Timer(bool),
    /// Whether the file of known hosts has the key.
    SshKey(bool),
    Prereq,
    /// All pauses become due.
    Wait,
    Cancel,
    Panicked(Callback),
    Unset(Callback),
    /// The caller holds these directions.
    Hold(EnumSet<Direction>),
    /// The sink takes nothing any more, or does again.
    SinkFails(bool),
}

/// What the guest answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A case of the callback's own, by its number, with what it holds: a count of bytes, a time, an address.
    Case(u8, u32),
    /// An abort with so many words.
    Abort(u8),
    Trap,
    /// Until the fuel is out.
    Spin,
    /// Neither a success nor an abort.
    BadTag,
    /// Words that lie outside of memory.
    BadPointer,
}

impl Verdict {
    /// libcurl's default: with every callback its first case.
    pub(super) const NEUTRAL: Verdict = Verdict::Case(0, 0);
}

/// The most events of one transfer.
const EVENTS: usize = 48;

pub(super) fn script(u: &mut Unstructured<'_>) -> Result<Script> {
    let mut script = Script {
        tenant: u.arbitrary()?,
        can_pause: u.ratio(7, 8)?,
        shows_headers: u.arbitrary()?,
        known_hosts_stay: u.arbitrary()?,
        ftp: u.arbitrary()?,
        body: u.arbitrary()?,
        announced: u.arbitrary()?,
        // Most transfers have a guest that decides all.
        decided: EnumSet::from_repr_truncated(if u.ratio(3, 4)? { u32::MAX } else { u.arbitrary()? }),
        events: Vec::new(),
        last: Vec::new(),
    };
    script.last = vec![verdict(u)?, verdict(u)?];
    while !u.is_empty() && script.events.len() < EVENTS {
        let event = event(u)?;
        let verdicts = (0..u.int_in_range(1..=3)?).map(|_| verdict(u)).collect::<Result<_>>()?;
        script.events.push((event, verdicts));
    }
    Ok(script)
}

fn event(u: &mut Unstructured<'_>) -> Result<Event> {
    let callback = |u: &mut Unstructured<'_>| u.choose(&Callback::ALL).copied();
    Ok(match u.int_in_range(0..=31_u8)? {
        0..=4 => Event::Write(u.arbitrary()?),
        5..=7 => {
            let lines = u.int_in_range(1..=3)?;
            Event::Header((0..lines).map(|_| u.int_in_range(1..=90)).collect::<Result<_>>()?)
        }
        8..=11 => Event::Read(u.int_in_range(1..=255)?),
        12 => Event::Seek(u.int_in_range(0..=5)?),
        13 => Event::Ioctl(u.arbitrary()?),
        14 => Event::Xferinfo,
        15 => Event::Debug(u.arbitrary()?),
        16 | 17 => Event::Opensocket(u.int_in_range(0..=4)?),
        18 => Event::Sockopt(u.int_in_range(0..=3)?, u.arbitrary()?),
        19 => Event::Socket(u.int_in_range(0..=3)?),
        20 => Event::Closesocket(u.int_in_range(0..=3)?),
        21 => Event::Vanish(u.int_in_range(0..=3)?),
        22 => Event::Timer(u.arbitrary()?),
        23 => Event::SshKey(u.arbitrary()?),
        24 => Event::Prereq,
        25 => Event::Wait,
        26 => match u.int_in_range(0..=3_u8)? {
            0 => Event::Cancel,
            1 => Event::Panicked(callback(u)?),
            _ => Event::Unset(callback(u)?),
        },
        27 | 28 => Event::Hold(EnumSet::from_repr_truncated(u.int_in_range(0..=3)?)),
        29 => Event::SinkFails(u.arbitrary()?),
        30 => Event::Start,
        _ => Event::Redirect,
    })
}

fn verdict(u: &mut Unstructured<'_>) -> Result<Verdict> {
    Ok(match u.int_in_range(0..=47_u8)? {
        0 => Verdict::Abort(u.int_in_range(0..=120)?),
        1 => Verdict::Trap,
        2 => Verdict::Spin,
        3 => Verdict::BadTag,
        4 => Verdict::BadPointer,
        5..=20 => Verdict::NEUTRAL,
        _ => {
            // As a number's bytes must be those of a text: see `guest`.
            let number = match u.ratio(1, 16)? {
                true => 0x7f7f_7f7f,
                false => u.int_in_range(0..=120)?,
            };
            Verdict::Case(u.int_in_range(0..=4)?, number)
        }
    })
}
