//! The helper: it starts the processes that load, looks at what they use, and ends those that use too much.
//!
//! It is started before its program gives up starting and killing processes, and is not hardened. It never sees a plugin's
//! bytes: those go from the program to the process over a socket of their own, of which the helper keeps a copy to say on it
//! how the process ended.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, setpriority_pgrp};

use super::ARGUMENT;
use super::message::{self, Answer, Death, Start};
use crate::escape::{cut, escape};

/// A helper is started at most so often.
const AFTER_ANOTHER: Duration = Duration::from_millis(100);
/// How often the processor time of a process is looked at.
const PERIOD: Duration = Duration::from_millis(20);
/// The nice value of a process in the slow lane.
const SLOW: i32 = 19;
/// Of a process in the fast lane: transfers go before it, and before most others it goes.
const FAST: i32 = 10;
/// Signals that a fault of a process's own raises; by another one somebody else has ended it.
const FAULTS: [i32; 7] = [
    libc::SIGABRT,
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGTRAP,
    libc::SIGSYS,
];
/// How much of its last words is kept, in bytes.
const WORDS: usize = 512;
/// The unit of /proc/PID/stat's times, a hundredth of a second on every Linux (USER_HZ).
const TICK: Duration = Duration::from_millis(10);

/// Keeps a helper running for a program that can start none itself: where the helper has ended, or the program asks for
/// another one, another takes its place, on the same socket. It ends when the program closes its end of `control`.
pub(super) fn keep(socket: BorrowedFd<'_>, control: BorrowedFd<'_>) -> io::Result<()> {
    alone();
    loop {
        let begun = Instant::now();
        let mut helper = start("help", Stdio::from(socket.try_clone_to_owned()?), Stdio::null())?;
        let ended = pidfd_open(Pid::from_child(&helper), PidfdFlags::empty())?;
        let mut both = [
            PollFd::from_borrowed_fd(ended.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(control, PollFlags::IN),
        ];
        rustix::io::retry_on_intr(|| poll(&mut both, None))?;
        let is_asked = !both[1].revents().is_empty();
        let _ = helper.kill();
        helper.wait()?;
        if is_asked && message::receive::<()>(control)?.is_none() {
            return Ok(());
        }
        // One that cannot run must not be started as fast as the machine can.
        thread::sleep(AFTER_ANOTHER.saturating_sub(begun.elapsed()));
    }
}

/// What the program had open besides is no business of a process that loads.
fn alone() {
    close_fds::set_fds_cloexec(3, &[]);
}

/// Starts this program in another role. It learns whose child it is.
fn start(role: &str, stdin: Stdio, stderr: Stdio) -> io::Result<Child> {
    Command::new("/proc/self/exe")
        .args([ARGUMENT, role, &std::process::id().to_string()])
        .env_clear()
        .current_dir("/")
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(stderr)
        .process_group(0)
        .spawn()
}

/// Serves the program until it closes its end of the socket; then all that was started ends too.
pub(super) fn help(socket: &impl AsFd) -> io::Result<()> {
    alone();
    while let Some((start, descriptors)) = message::receive::<Start>(socket)? {
        let start = std::sync::Arc::new(start);
        for (role, socket) in ["compile", "try"].into_iter().zip(descriptors) {
            let start = std::sync::Arc::clone(&start);
            let name = format!("transferhost-{role}");
            let copy = socket.try_clone();
            let watched = thread::Builder::new()
                .name(name)
                .spawn(move || watch(role, &start, &socket));
            if let Err(error) = watched
                && let Ok(copy) = copy
            {
                let died = Answer::Died(Death::System(error.to_string()));
                let _ = message::send(&copy, &died, &[]);
            }
        }
    }
    Ok(())
}

/// Starts a process and watches over it until it ends. The thread that started it stays, since the process dies with it.
fn watch(role: &str, start: &Start, socket: &OwnedFd) {
    let death = match begin(role, socket) {
        Ok((process, words)) => Watched {
            process,
            start,
            socket,
            slow_after: start
                .slow_after
                .filter(|_| role == "compile")
                .map(Duration::from_millis),
        }
        .end(words),
        Err(error) => Some(Death::System(error.to_string())),
    };
    if let Some(death) = death {
        // Where the program is gone, nobody is to be told.
        let _ = message::send(socket, &Answer::Died(death), &[]);
    }
}

/// The process, and the file that takes its last words.
fn begin(role: &str, socket: &OwnedFd) -> io::Result<(Child, File)> {
    let words = File::from(memfd_create("transferhost-words", MemfdFlags::CLOEXEC)?);
    let process = start(role, Stdio::from(socket.try_clone()?), Stdio::from(words.try_clone()?))?;
    Ok((process, words))
}

struct Watched<'a> {
    process: Child,
    start: &'a Start,
    socket: &'a OwnedFd,
    /// Where it may become slow.
    slow_after: Option<Duration>,
}

impl Watched<'_> {
    /// Waits for its end; says why it ended where it has not ended well.
    fn end(mut self, words: File) -> Option<Death> {
        let ended = match self.wait() {
            Ok(reached) => reached,
            Err(error) => Some(Death::System(error.to_string())),
        };
        if ended.is_some() {
            self.kill();
        }
        let status = self.process.wait();
        match (ended, status) {
            (Some(death), _) => Some(death),
            (None, Ok(status)) => death(status, &last_words(words)),
            (None, Err(error)) => Some(Death::System(error.to_string())),
        }
    }

    /// Waits until it has ended, or has reached a limit.
    fn wait(&mut self) -> io::Result<Option<Death>> {
        let id = Pid::from_child(&self.process);
        let ended = pidfd_open(id, PidfdFlags::empty())?;
        if self.start.slow_after.is_some() {
            let _ = setpriority_pgrp(Some(id), FAST);
        }
        let begun = Instant::now();
        let (most, time) = (
            Duration::from_millis(self.start.processor_time),
            Duration::from_millis(self.start.time),
        );
        loop {
            match wait_for(ended.as_fd(), self.socket.as_fd())? {
                Waited::Ended => return Ok(None),
                // Nobody waits for what it does.
                Waited::Unwanted => return Ok(Some(Death::Killed)),
                Waited::Neither => {}
            }
            let used = processor_time(id);
            if used > most {
                return Ok(Some(Death::ProcessorTime));
            }
            if begun.elapsed() > time {
                return Ok(Some(Death::Time));
            }
            if self.slow_after.is_some_and(|after| used >= after) {
                self.slow_after = None;
                // The group, since a process's priority is its first thread's alone.
                let _ = setpriority_pgrp(Some(id), SLOW);
                message::send(self.socket, &Answer::Slow, &[])?;
            }
        }
    }

    fn kill(&self) {
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
    }
}

enum Waited {
    Ended,
    Unwanted,
    Neither,
}

fn wait_for(ended: BorrowedFd<'_>, socket: BorrowedFd<'_>) -> io::Result<Waited> {
    let mut both = [
        PollFd::from_borrowed_fd(ended, PollFlags::IN),
        PollFd::from_borrowed_fd(socket, PollFlags::empty()),
    ];
    let period = Timespec::try_from(PERIOD).map_err(io::Error::other)?;
    rustix::io::retry_on_intr(|| poll(&mut both, Some(&period)))?;
    Ok(match both {
        [ended, _] if !ended.revents().is_empty() => Waited::Ended,
        [_, socket] if socket.revents().contains(PollFlags::HUP) => Waited::Unwanted,
        _ => Waited::Neither,
    })
}

/// What all threads of a process have used, as the kernel counts it; nothing where it has ended.
fn processor_time(process: Pid) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
    // The command's name may have anything in it but stands in parentheses: `utime` and `stime` are 11 and 12 behind it.
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let ticks: u32 = behind
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u32>().ok())
        .fold(0, u32::saturating_add);
    TICK.saturating_mul(ticks)
}

fn last_words(mut words: File) -> String {
    let mut text = Vec::new();
    let length = words.metadata().map_or(0, |about| about.len());
    let from = length.saturating_sub(16 << 10);
    if words.seek(io::SeekFrom::Start(from)).is_ok() {
        let _ = words.take(16 << 10).read_to_end(&mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Why a process ended by itself; `None` where it ended well.
fn death(status: ExitStatus, words: &str) -> Option<Death> {
    let line = words
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let line = match line {
        "" => String::new(),
        line => format!(": {}", escape(cut(line, WORDS))),
    };
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        // Rust's own words where memory cannot be had; it then aborts, as for other reasons.
        (None, Some(libc::SIGABRT)) if words.lines().any(is_of_memory) => Some(Death::Memory),
        (None, Some(libc::SIGXCPU)) => Some(Death::ProcessorTime),
        (None, Some(libc::SIGXFSZ)) => Some(Death::Code(0)),

        (None, Some(signal)) if !FAULTS.contains(&signal) => Some(Death::Killed),
        (None, Some(signal)) => Some(Death::Crashed(format!("signal {signal}{line}"))),
        (code, None) => Some(Death::Crashed(format!("exit code {}{line}", code.unwrap_or_default()))),
        (Some(code), Some(_)) => Some(Death::Crashed(format!("exit code {code}{line}"))),
    }
}

fn is_of_memory(line: &str) -> bool {
    let bytes = line
        .strip_prefix("memory allocation of ")
        .and_then(|rest| rest.strip_suffix(" bytes failed"));
    bytes.is_some_and(|bytes| bytes.parse::<u64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_is_told_by_its_signal_and_its_words() {
        let by_signal = |signal: i32, words: &str| death(ExitStatus::from_raw(signal), words);
        assert!(death(ExitStatus::from_raw(0), "").is_none());
        for signal in [
            libc::SIGKILL,
            libc::SIGTERM,
            libc::SIGINT,
            libc::SIGQUIT,
            libc::SIGUSR1,
            libc::SIGALRM,
        ] {
            assert!(matches!(by_signal(signal, ""), Some(Death::Killed)), "{signal}");
        }
        assert!(matches!(by_signal(libc::SIGXCPU, ""), Some(Death::ProcessorTime)));
        let memory = "memory allocation of 16 bytes failed\n";
        assert!(matches!(by_signal(libc::SIGABRT, memory), Some(Death::Memory)));
        match by_signal(
            libc::SIGABRT,
            "\nthread panicked at\nin a function that cannot unwind\n\n",
        ) {
            Some(Death::Crashed(how)) => assert_eq!(how, "signal 6: in a function that cannot unwind"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(death(ExitStatus::from_raw(1 << 8), ""), Some(Death::Crashed(how)) if how == "exit code 1"));
    }

    #[test]
    fn processor_time_is_that_of_all_threads() {
        let own = Pid::from_raw(i32::try_from(std::process::id()).unwrap()).unwrap();
        let before = processor_time(own);
        let begun = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| while processor_time(own) < before + TICK * 3 && begun.elapsed().as_secs() < 20 {});
        });
        assert!(processor_time(own) >= before + TICK * 3);
    }
}
