//! The program's side of loading in processes: one compiles, another tries, a helper watches over both.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::code::{CompiledCode, seal};
use super::message::{self, Answer, Code, Compile, Death, Start, Try};
use super::queue::{Lane, Permit};
use super::{ARGUMENT, Failure, Request};
use crate::guest::Weight;
use crate::limits::Limit;

/// How much longer than a load may take its answer is waited for: the helper ends it, and is itself only slow.
const GRACE: Duration = Duration::from_secs(10);

/// A process that starts the processes that load, watches over them and ends them. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Helper {
    socket: OwnedFd,
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
        let process = Command::new(program)
            .args([ARGUMENT, role])
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A signal from the terminal is the program's, which may go on until all is written.
            .process_group(0)
            .spawn()?;
        Ok(Helper { socket, process })
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
        let file = seal("transferhost-plugin", request.bytes).map_err(refused)?;
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
        match received.map_err(|_| Failure::Silent)? {
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
    let reached = |limit: Limit, used: Option<u64>| Failure::Limit {
        limit,
        value: request.limits.get(limit),
        used,
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

impl Drop for Helper {
    fn drop(&mut self) {
        // At the end of its socket it ends by itself, and at once.
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
