//! The program's side of loading in processes: one compiles, another tries, a helper watches over both.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};

use super::code::{CompiledCode, seal};
use super::message::{self, Answer, Code, Compile, Death, Start, Try};
use super::queue::{Lane, Permit};
use super::{ARGUMENT, Failure, Request};
use crate::guest::Weight;
use crate::limits::Limit;

/// How long the program waits for an answer beyond `load-time`. The helper ends the load by then; this margin covers a slow
/// helper.
const GRACE: Duration = Duration::from_secs(10);

/// A process that starts the processes that load, watches over them and ends them. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Helper {
    socket: OwnedFd,
    /// To the process that keeps the helper: a packet has it replace the helper.
    keeper: Option<OwnedFd>,
    replaced: Mutex<Option<Instant>>,
    process: Child,
}

/// Milliseconds for which the helper's end is waited for.
const REAPED: u32 = 500;

/// What came of a load.
pub(super) enum Loaded {
    /// The code, and its plugin's weight.
    Code(CompiledCode, Weight),
    /// The slow lane had no room: it must begin anew there.
    Displaced,
}

impl Helper {
    /// Starts this program as the helper; `kept` where another must take its place when it is killed, since this process
    /// may start none by then.
    pub(super) fn start(program: &Path, kept: bool) -> io::Result<Helper> {
        let (socket, theirs) = message::pair()?;
        message::patience(&socket, GRACE)?;
        let role = if kept { "keep" } else { "help" };
        let (keeper, stdout) = match kept {
            true => {
                let (ours, theirs) = message::pair()?;
                message::patience(&ours, GRACE)?;
                (Some(ours), Stdio::from(theirs))
            }
            false => (None, Stdio::null()),
        };
        let process = Command::new(program)
            .args([ARGUMENT, role])
            .stdin(Stdio::from(theirs))
            .stdout(stdout)
            .stderr(Stdio::null())
            // A signal from the terminal is the program's, which may go on until all is written.
            .process_group(0)
            .spawn()?;
        Ok(Helper {
            socket,
            keeper,
            replaced: Mutex::default(),
            process,
        })
    }

    /// Whether a process keeps it, which starts another one where this one has ended.
    pub(super) fn is_kept(&self) -> bool {
        let is_there = |keeper| message::is_wanted(keeper).unwrap_or(false);
        self.keeper.as_ref().is_some_and(is_there)
    }

    /// Has the process that keeps it kill it and start another one, where it is the one that was there at this time.
    pub(super) fn replace(&self, since: Instant) {
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        if replaced.is_some_and(|at| at > since) {
            return;
        }
        if let Some(keeper) = &self.keeper {
            // Where it has gone, another helper is started by whoever finds that.
            let _ = message::send(keeper, &(), &[]);
            *replaced = Some(Instant::now());
        }
    }

    /// Compiles a plugin and tries it, in two processes.
    ///
    /// A load that may run fast runs so for `slow_after` of processor time, or as long as it takes.
    pub(super) fn load(
        &self,
        request: &Request<'_>,
        threads: usize,
        slow_after: Option<Duration>,
        permit: &mut Permit,
    ) -> Result<Loaded, Failure> {
        let refused = |error: io::Error| Failure::system(format!("the processes that load it cannot be had: {error}"));
        let (compiles, compiler) = message::pair().map_err(refused)?;
        let (tries, trier) = message::pair().map_err(refused)?;
        let slow_after = match permit.lane() {
            Lane::Fast => slow_after,
            Lane::Slow => Some(Duration::ZERO),
        };
        let start = Start {
            processor_time: request.limits.get(Limit::LoadProcessorTime),
            time: request.limits.get(Limit::LoadTime),
            slow_after: slow_after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
        };
        let patience = request.limits.time(Limit::LoadTime).saturating_add(GRACE);
        for socket in [&compiles, &tries] {
            message::patience(socket, patience).map_err(refused)?;
        }
        message::send(&self.socket, &start, &[compiler.as_fd(), trier.as_fd()]).map_err(|_| Failure::Lost)?;
        drop((compiler, trier));
        let bytes = (request.bytes)().map_err(|error| Failure::system(error.to_string()))?;
        let file = seal("transferhost-plugin", &bytes).map_err(refused)?;
        drop(bytes);
        let compile = Compile {
            shape: request.shape.clone(),
            limits: request.limits.clone(),
            threads,
        };
        // Where the process is gone already, its answer says why.
        let _ = message::send(&compiles, &compile, &[file.as_fd()]);
        let trial = Try {
            shape: request.shape.clone(),
            limits: request.limits.clone(),
        };
        let _ = message::send(&tries, &trial, &[]);
        let (code, weight) = match answer(&compiles, request, || permit.slow_down())? {
            Some((Answer::Compiled(Code { weight }), descriptors)) => (descriptors.into_iter().next(), weight),
            Some(_) => (None, Weight::default()),
            None => return Ok(Loaded::Displaced),
        };
        let code = code.ok_or_else(|| Failure::system("the process that compiles it sent no code".to_owned()))?;
        let code = CompiledCode::sealed(code).map_err(refused)?;
        let _ = message::send(&tries, &Code { weight }, &[code.as_fd()]);
        answer(&tries, request, || true)?;
        Ok(Loaded::Code(code, weight))
    }
}

/// The next answer that is one; `None` where the load cannot go on slowly.
fn answer(
    socket: &OwnedFd,
    request: &Request<'_>,
    mut slow_down: impl FnMut() -> bool,
) -> Result<Option<(Answer, Vec<OwnedFd>)>, Failure> {
    loop {
        let received = message::receive(socket);
        let received = received.map_err(|error| match message::is_late(&error) {
            true => Failure::Silent,
            false => Failure::system(format!("what the process that loads it says cannot be read: {error}")),
        })?;
        match received {
            None => return Err(Failure::Lost),
            Some((Answer::Slow, _)) if slow_down() => {}
            Some((Answer::Slow, _)) => return Ok(None),
            Some((Answer::Refused(why), _)) => return Err(Failure::Refused(why)),
            Some((Answer::Died(death), _)) => return Err(failure(death, request)),
            Some(answer) => return Ok(Some(answer)),
        }
    }
}

fn failure(death: Death, request: &Request<'_>) -> Failure {
    let reached = |limit: Limit, used: Option<u64>| {
        let value = request.limits.get(limit);
        match own_limit(limit).filter(|own| *own < value) {
            Some(own) => Failure::system(format!(
                "loading it takes more of {} than this process may hand on: {own} (ulimit)",
                limit.row().key
            )),
            None => Failure::Limit { limit, value, used },
        }
    };
    match death {
        Death::Memory => reached(Limit::LoadMemory, None),
        Death::ProcessorTime => reached(Limit::LoadProcessorTime, None),
        Death::Time => reached(Limit::LoadTime, None),
        Death::Code(bytes) => reached(Limit::LoadCode, Some(bytes)),
        Death::Killed => Failure::Killed,
        Death::Crashed(how) => Failure::Crashed(how),
        Death::System(why) => Failure::system(why),
    }
}

/// What the system allows this process of what a limit bounds, in the limit's unit. The processes that load inherit it.
fn own_limit(limit: Limit) -> Option<u64> {
    let hard = |resource| getrlimit(resource).maximum;
    match limit {
        Limit::LoadMemory => hard(Resource::Data),
        Limit::LoadProcessorTime => hard(Resource::Cpu).map(|seconds| seconds.saturating_mul(1000)),
        Limit::LoadCode => hard(Resource::Fsize),
        _ => None,
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // At the end of its socket it ends by itself, and at once; so does a process that keeps it.
        if let Some(keeper) = &self.keeper {
            let _ = rustix::net::shutdown(keeper, rustix::net::Shutdown::Both);
        }
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
        // A process that is hardened kills no other, and one that stands still does not see the end.
        let _ = self.process.kill();
        for _ in 0..REAPED {
            match self.process.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(1)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
    }
}
