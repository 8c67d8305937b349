//! What the program, its helper and the processes that load say to each other: one JSON document a packet, with descriptors
//! beside it, over `SOCK_SEQPACKET`, which keeps packets whole and apart.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair, sockopt,
};
use serde::{Deserialize, Serialize};

use crate::guest::{Shape, Weight};
use crate::limits::Limits;

/// The largest packet in bytes. A refusal has some 2 KiB, all limits some hundred bytes.
const PACKET: usize = 16 << 10;
/// The most descriptors of a packet.
const DESCRIPTORS: usize = 2;

/// From the program to the helper, with both processes' sockets: start them.
#[derive(Serialize, Deserialize)]
pub(super) struct Start {
    /// Processor time of each process in milliseconds.
    pub(super) processor_time: u64,
    /// Wall clock of each process in milliseconds.
    pub(super) time: u64,
    /// Processor time in milliseconds after which the compiling process runs at nice 19, and says so; `None` is never.
    pub(super) slow_after: Option<u64>,
}

/// From the program to the process that compiles, with the plugin's file.
#[derive(Serialize, Deserialize)]
pub(super) struct Compile {
    /// What the program's engine expects of compiled code.
    pub(super) shape: Shape,
    /// The limits of the plugin.
    pub(super) limits: Limits,
    /// Threads that compile.
    pub(super) threads: usize,
}

/// From the program to the process that tries. The compiled code follows in a packet of its own.
#[derive(Serialize, Deserialize)]
pub(super) struct Try {
    /// What the program's engine expects of compiled code.
    pub(super) shape: Shape,
    /// The limits of the plugin.
    pub(super) limits: Limits,
}

/// The compiled code, in the packet's descriptor.
#[derive(Serialize, Deserialize)]
pub(super) struct Code {
    /// What was counted before it was compiled.
    pub(super) weight: Weight,
}

/// To the program: from the process itself, or from the helper about the process.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    /// The code is in the packet's descriptor.
    Compiled(Code),
    /// A guest was made of the code, or failed within its limits: the program sees the same when it tries.
    Tried,
    /// The plugin is refused; one sentence without the plugin's name.
    Refused(String),
    /// The process runs at nice 19 from now on.
    Slow,
    /// The process has ended without an answer.
    Died(Death),
}

/// Why a process that loads ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Death {
    /// It used its memory.
    Memory,
    /// It used its processor time.
    ProcessorTime,
    /// It used its time.
    Time,
    /// The code was larger than it may be; bytes.
    Code(u64),
    /// Somebody else killed it.
    Killed,
    /// It crashed; how, and its last words.
    Crashed(String),
    /// The machine refused what it needs.
    System(String),
}

/// Two connected sockets, closed when another program is started.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Makes a socket give up receiving, and sending, after this time.
pub(super) fn patience(socket: &OwnedFd, time: Duration) -> io::Result<()> {
    for way in [sockopt::Timeout::Recv, sockopt::Timeout::Send] {
        sockopt::set_socket_timeout(socket, way, Some(time))?;
    }
    Ok(())
}

/// Whether this error of [`receive`] says that no packet came in time.
pub(super) fn is_late(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// Whether it is a socket as [`pair`] makes it.
#[cfg(feature = "harden")]
pub(super) fn is_socket(socket: &impl AsFd) -> bool {
    sockopt::socket_type(socket) == Ok(SocketType::SEQPACKET)
}

/// Whether somebody has the other end.
pub(super) fn is_wanted(socket: &impl AsFd) -> io::Result<bool> {
    let mut ends = [PollFd::new(socket, PollFlags::empty())];
    retry_on_intr(|| poll(&mut ends, Some(&Timespec::default())))?;
    Ok(!ends[0].revents().contains(PollFlags::HUP))
}

/// Sends a packet.
///
/// # Errors
/// Where it is too large, or nobody has the other end.
pub(super) fn send(socket: impl AsFd, message: &impl Serialize, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    if text.len() > PACKET || descriptors.len() > DESCRIPTORS {
        return Err(io::Error::other("a message of the loader is too large"));
    }
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    retry_on_intr(|| {
        sendmsg(
            socket.as_fd(),
            &[IoSlice::new(&text)],
            &mut control,
            SendFlags::NOSIGNAL,
        )
    })?;
    Ok(())
}

/// Receives a packet; `None` where nobody has the other end any more.
///
/// # Errors
/// Where the packet is none of ours, or its descriptors found no place in this process; and where none came in time, which
/// [`is_late`] tells.
pub(super) fn receive<T: for<'a> Deserialize<'a>>(socket: impl AsFd) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut bytes = vec![0; PACKET];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = loop {
        match recvmsg(socket.as_fd(), &mut [IoSliceMut::new(&mut bytes)], &mut control, flags) {
            // Told once, before what is still to be received, where the other end left something unread.
            Err(Errno::INTR | Errno::CONNRESET) => {}
            other => break other?,
        }
    };
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    if received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        // The packets are never too large, so it is the descriptors: this process may have no more.
        return Err(Errno::MFILE.into());
    }
    match bytes.get(..received.bytes) {
        Some([]) | None => Ok(None),
        Some(text) => Ok(Some((serde_json::from_slice(text)?, descriptors))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_whole_and_carry_descriptors() {
        let (one, other) = pair().unwrap();
        send(&one, &"first", &[]).unwrap();
        send(&one, &"second", &[one.as_fd(), other.as_fd()]).unwrap();
        let (text, descriptors): (String, _) = receive(&other).unwrap().unwrap();
        assert_eq!((text.as_str(), descriptors.len()), ("first", 0));
        let (text, descriptors): (String, _) = receive(&other).unwrap().unwrap();
        assert_eq!((text.as_str(), descriptors.len()), ("second", 2));
        drop((one, descriptors));
        assert!(receive::<String>(&other).unwrap().is_none());
    }

    #[test]
    fn what_was_said_is_heard_whatever_the_other_end_left_unread() {
        let (one, other) = pair().unwrap();
        send(&one, &"unread", &[]).unwrap();
        send(&other, &"last words", &[]).unwrap();
        drop(other);
        assert_eq!(receive::<String>(&one).unwrap().unwrap().0, "last words");
        assert!(receive::<String>(&one).unwrap().is_none());
    }

    #[test]
    fn nothing_else_is_taken_for_a_packet() {
        let (one, other) = pair().unwrap();
        assert!(send(&one, &"x".repeat(PACKET), &[]).is_err());
        send(&one, &7, &[]).unwrap();
        assert!(receive::<Answer>(&other).is_err());
        patience(&other, Duration::from_millis(1)).unwrap();
        assert!(receive::<Answer>(&other).is_err_and(|error| is_late(&error)));
    }
}
