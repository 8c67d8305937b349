//! The two processes that load: one compiles, the other makes a guest of the code on trial.
//!
//! Both give up all that they do not need before they look at a plugin: files, the network, other programs, and, but for
//! the mapping of code that is already sealed, executable memory. The code is sealed before the trial begins, in a process
//! that never held it otherwise, so what runs in the trial cannot change it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::fd::{AsFd, OwnedFd};

use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit};

use super::code::{CompiledCode, seal};
use super::compile::{NotCompiled, compile};
use super::message::{self, Answer, Code, Compile, Death, Try};
use crate::guest::try_code;
use crate::harden::confine;
use crate::limits::{Limit, Limits};

/// The most descriptors of such a process: the socket, two streams, the plugin, the code, and a few for a moment. Memory
/// behind a descriptor is not this process's own.
const DESCRIPTORS: u64 = 8;

/// Compiles one plugin.
pub(super) fn compiles(socket: &impl AsFd) -> io::Result<()> {
    if !begin(socket)? {
        return Ok(());
    }
    let Some((request, mut files)) = message::receive::<Compile>(socket)? else {
        return Ok(());
    };
    let file = files.pop().ok_or_else(|| io::Error::other("no plugin came"))?;
    let bytes = read(file)?;
    // Limits come when the threads are there: a thread that cannot be made is waited for in vain.
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(request.threads.max(1))
        .build_global();
    threads.map_err(io::Error::other)?;
    limit(&request.limits, 0)?;
    confine().map_err(io::Error::other)?;
    let answer = match compile(&bytes, &request.shape, &request.limits, request.threads) {
        Ok((code, weight)) => {
            let most = request.limits.get(Limit::LoadCode);
            match u64::try_from(code.len()).unwrap_or(u64::MAX) {
                size if size > most => Answer::Died(Death::Code(size)),
                _ => {
                    let sealed = seal("transferhost-code", &code)?;
                    let compiled = Answer::Compiled(Code { weight });
                    return message::send(socket, &compiled, &[sealed.as_fd()]);
                }
            }
        }
        Err(NotCompiled::Memory) => Answer::Died(Death::Memory),
        Err(NotCompiled::Refused(why)) => Answer::Refused(why),
    };
    message::send(socket, &answer, &[])
}

/// Makes a guest of compiled code, on trial. How it ends within its limits is nothing to tell: the program sees the same.
pub(super) fn tries(socket: &impl AsFd) -> io::Result<()> {
    if !begin(socket)? {
        return Ok(());
    }
    let Some((request, _)) = message::receive::<Try>(socket)? else {
        return Ok(());
    };
    try_code(
        &request.shape,
        &request.limits,
        |engine| {
            let Some((_, mut files)) = message::receive::<Code>(socket)? else {
                return Ok(None);
            };
            let file = files.pop().ok_or_else(|| io::Error::other("no code came"))?;
            let code = CompiledCode::sealed(file)?;
            // Code that this engine does not take is refused by the program's, which says why.
            Ok(code.component(engine).ok())
        },
        || {
            // The guest's own memory comes on top.
            limit(&request.limits, request.limits.get(Limit::Memory))?;
            confine().map_err(io::Error::other)
        },
    )?;
    message::send(socket, &Answer::Tried, &[])
}

/// What the machine refused such a process is told by it, and is no fault of the plugin's.
pub(super) fn told(socket: &impl AsFd, done: io::Result<()>) -> io::Result<()> {
    match done {
        Ok(()) => Ok(()),
        Err(error) => {
            let why = format!("the machine refuses what loading needs: {error}");
            message::send(socket, &Answer::Died(Death::System(why)), &[])
        }
    }
}

/// What both begin with; says whether somebody waits for what they do.
fn begin(socket: &impl AsFd) -> io::Result<bool> {
    // The helper's end is this process's, and may have come before.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set(Resource::Core, 0, 0)?;
    set(Resource::Nofile, DESCRIPTORS, DESCRIPTORS)?;
    let helper = std::env::args().nth(3).and_then(|id| id.parse().ok());
    Ok(helper == getppid().map(Pid::as_raw_pid) && message::is_wanted(socket)?)
}

/// From here on no more memory, processor time and output than this, and so many more bytes of memory.
fn limit(limits: &Limits, more: u64) -> io::Result<()> {
    let memory = limits.get(Limit::LoadMemory).saturating_add(more);
    set(Resource::Data, memory, memory)?;
    set(
        Resource::Fsize,
        limits.get(Limit::LoadCode),
        limits.get(Limit::LoadCode),
    )?;
    // Whole seconds, and a hard limit above: at the same one SIGKILL would hide the cause. The helper is more exact.
    let seconds = limits.get(Limit::LoadProcessorTime).div_ceil(1000);
    set(Resource::Cpu, seconds, seconds.saturating_add(1))
}

/// Sets a limit, or leaves what is less already: nobody but root may raise a hard limit.
fn set(resource: Resource, current: u64, maximum: u64) -> io::Result<()> {
    let most = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limit = Rlimit {
        current: Some(current.min(most)),
        maximum: Some(maximum.min(most)),
    };
    Ok(setrlimit(resource, limit)?)
}

fn read(file: OwnedFd) -> io::Result<Vec<u8>> {
    let mut file = File::from(file);
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
