//! Loading: from a plugin's file to code that guests are made of.
//!
//! Compiling is the one thing that a plugin makes the host do before any limit of a guest holds, and no weight of a file
//! tells what it costs the compiler. So it happens in a process of its own, within limits that the kernel keeps:
//!
//! - `process` is the program's side. It asks the `helper`, which it started before it gave up starting processes, for two
//!   processes, and talks to each over a socket.
//! - `child` is what the two do. The first compiles and seals its code in a memfd. The second makes a guest of that code on
//!   trial, so that whatever its start does to a process is done to that one.
//! - `code` takes the sealed code in: the one place in the library where compiled code is believed.
//! - `cache` keeps it on disk, `queue` says whose load is next, `message` is the packets between all of them.
//!
//! A program may load in its own process instead ([`Loader::in_process`]). It then compiles what it is given without a bound
//! on time and memory.

mod cache;
#[cfg(feature = "harden")]
mod child;
mod code;
mod compile;
mod failure;
#[cfg(feature = "harden")]
mod helper;
mod message;
mod process;
mod queue;
mod underway;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;

pub use self::cache::{CacheDirectory, CacheError};
use self::code::{CompiledCode, seal};
pub(crate) use self::failure::Failure;
use self::failure::unfit;
use self::process::{Helper, Loaded};
pub(crate) use self::queue::Owner;
use self::queue::{Lane, Permit, Queue};
use self::underway::Underway;
use crate::guest::{Shape, Weight};
use crate::limits::{Limit, Limits};

/// The first argument of a helper and of the processes that it starts.
const ARGUMENT: &str = "transferhost-loader";
/// Processor time after which a load leaves the fast lane.
const SLOW_AFTER: Duration = Duration::from_secs(1);
/// Loads in the fast lane by default.
const LOADS: usize = 2;
/// Bytes of memory for the loads of the slow lane by default.
const SLOW_MEMORY: u64 = 2 << 30;

/// How plugins are loaded: in processes of their own, or in this one, with a cache or without. Cheap to clone; all clones
/// share the processes and the bounds on how many load at a time.
#[derive(Clone, Debug)]
pub struct Loader {
    way: Arc<Way>,
    cache: Option<CacheDirectory>,
    queue: Arc<Queue>,
    underway: Arc<Underway>,
    threads: usize,
    /// Whether a load that takes long gives up its place.
    slows: bool,
}

#[derive(Debug)]
enum Way {
    InProcess,
    Processes {
        program: PathBuf,
        helper: Mutex<Option<Arc<Helper>>>,
    },
}

/// What is to be loaded.
pub(crate) struct Request<'a> {
    /// Reads the plugin's file, once it is its turn.
    pub(crate) bytes: &'a dyn Fn() -> io::Result<Cow<'a, [u8]>>,
    /// The digest of the bytes, as it is shown.
    pub(crate) digest: &'a str,
    pub(crate) shape: &'a Shape,
    pub(crate) limits: &'a Limits,
    pub(crate) owner: Owner,
}

impl Loader {
    /// Loads in this process. Compiling a plugin then takes as much memory and processor time as it takes, and a fault of
    /// the compiler is this process's: it is for plugins that the program's own people have written.
    pub fn in_process() -> Loader {
        Loader::of(Way::InProcess)
    }

    /// Loads in processes that a helper starts. `program` is the helper: a program whose `main` begins with
    /// [`Loader::main`], such as the command `transferhost` of the same version, or this program itself
    /// (`/proc/self/exe`). The helper is started now, and ends with the last clone of this loader.
    ///
    /// Call it before [`Hardening::begin`](crate::Hardening::begin): a process that is hardened starts no other.
    ///
    /// # Errors
    /// Where the program cannot be started.
    pub fn start(program: &Path) -> io::Result<Loader> {
        let loader = Loader::processes(program);
        loader.begin()?;
        Ok(loader)
    }

    /// Starts the helper.
    pub(crate) fn begin(&self) -> io::Result<()> {
        self.helper().map(drop)
    }

    /// As [`Loader::start`], with a helper that is started when it is first needed.
    pub(crate) fn processes(program: &Path) -> Loader {
        Loader::of(Way::Processes {
            program: program.to_owned(),
            helper: Mutex::new(None),
        })
    }

    /// Loads for one user, who waits for nothing else: no load gives up its place, however long it takes.
    #[cfg(feature = "cli")]
    pub(crate) fn alone(mut self) -> Loader {
        self.slows = false;
        self
    }

    fn of(way: Way) -> Loader {
        Loader {
            way: Arc::new(way),
            cache: None,
            queue: Arc::new(Queue::new(LOADS, SLOW_MEMORY)),
            underway: Arc::default(),
            threads: thread::available_parallelism().map_or(1, usize::from),
            slows: true,
        }
    }

    /// Keeps compiled code in this directory, and takes it from there.
    #[must_use]
    pub fn with_cache(mut self, cache: CacheDirectory) -> Loader {
        self.cache = Some(cache);
        self
    }

    /// Compiles with so many threads a plugin, at least one; by default as many as there are processors.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Loader {
        self.threads = threads.max(1);
        self
    }

    /// Begins so many loads at a time, at least one, by default two, and lets those that take longer than a second of
    /// processor time use `memory` bytes together, by default 2 GiB. One load always has room. Each such load counts with
    /// all that it may use, the limit `load-memory`.
    #[must_use]
    pub fn with_room(mut self, loads: usize, memory: u64) -> Loader {
        self.queue = Arc::new(Queue::new(loads, memory));
        self
    }

    /// The first line of `main` of a program that is a helper: it does nothing where the program was started otherwise.
    ///
    /// ```no_run
    /// fn main() -> std::process::ExitCode {
    ///     if let Some(code) = transferhost::Loader::main() {
    ///         return code;
    ///     }
    ///     // The program itself.
    ///     std::process::ExitCode::SUCCESS
    /// }
    /// ```
    #[cfg(feature = "harden")]
    pub fn main() -> Option<std::process::ExitCode> {
        let mut arguments = std::env::args_os().skip(1);
        if arguments.next()? != ARGUMENT {
            return None;
        }
        let socket = rustix::stdio::stdin();
        let role = arguments.next();
        let role = role.as_deref().and_then(std::ffi::OsStr::to_str);
        let done = match role.filter(|_| message::is_socket(&socket)) {
            Some("keep") => helper::keep(socket, rustix::stdio::stdout()),
            Some("help") => helper::help(&socket),
            Some("compile") => child::told(&socket, child::compiles(&socket)),
            Some("try") => child::told(&socket, child::tries(&socket)),
            _ => Err(io::Error::other(
                "this is started by a program that loads plugins, not by hand",
            )),
        };
        Some(match done {
            Ok(()) => std::process::ExitCode::SUCCESS,
            Err(error) => {
                // The helper reads it; where it is closed nobody does.
                let _ = io::Write::write_all(&mut io::stderr(), format!("transferhost: {error}\n").as_bytes());
                std::process::ExitCode::from(2)
            }
        })
    }

    /// Starts the helper where this plugin is not in the cache.
    #[cfg(feature = "cli")]
    pub(crate) fn prepare(&self, shape: &Shape, digest: &str) -> io::Result<()> {
        match self.cached(&name(shape, digest)) {
            Some(_) => Ok(()),
            None => self.helper().map(drop),
        }
    }

    /// Ends the helper; it is started again where a plugin needs it.
    #[cfg(feature = "cli")]
    pub(crate) fn rest(&self) {
        if let Way::Processes { helper, .. } = &*self.way {
            drop(helper.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// The helper, started where it is not running; `None` where this process loads by itself.
    fn helper(&self) -> io::Result<Option<Arc<Helper>>> {
        let Way::Processes { program, helper } = &*self.way else {
            return Ok(None);
        };
        let mut helper = helper.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match &*helper {
            Some(running) => Arc::clone(running),
            None => Arc::new(Helper::start(program, self.slows)?),
        };
        *helper = Some(Arc::clone(&running));
        Ok(Some(running))
    }

    /// Sees to another helper where this one has ended or stands still, in a load that began at this time. The process that
    /// keeps a helper starts the other one, on the same socket; where there is no such process, this one does, for the next load.
    fn after(&self, failure: &Failure, gone: &Arc<Helper>, begun: Instant) {
        match failure {
            Failure::Silent if gone.is_kept() => return gone.replace(begun),
            Failure::Lost if gone.is_kept() => return,
            Failure::Silent | Failure::Lost => {}
            _ => return,
        }
        if let Way::Processes { helper, .. } = &*self.way {
            let mut helper = helper.lock().unwrap_or_else(PoisonError::into_inner);
            if helper.as_ref().is_some_and(|helper| Arc::ptr_eq(helper, gone)) {
                *helper = None;
            }
        }
    }

    fn cached(&self, name: &str) -> Option<(CompiledCode, Weight)> {
        self.cache.as_ref()?.get(name)
    }

    /// What `link` makes of the plugin's compiled code, or what `find` has of it by now. Blocks this thread until its turn
    /// has come and the plugin has been compiled.
    ///
    /// All who want the same plugin wait, each by their own claim; the first whose turn comes compiles for all.
    pub(crate) fn load<T>(
        &self,
        engine: &wasmtime::Engine,
        request: &Request<'_>,
        find: impl Fn() -> Option<T>,
        link: impl Fn(&Component, Weight) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let name = name(request.shape, request.digest);
        let link = |component: &Component, weight| link(component, weight).map_err(Failure::Refused);
        let there = || -> Option<Result<T, Failure>> {
            if let Some(found) = find() {
                return Some(Ok(found));
            }
            let (code, weight) = self.cached(&name)?;
            let component = code.component(engine).ok()?;
            Some(check_size(&code, request).and_then(|()| link(&component, weight)))
        };
        loop {
            if let Some(found) = there() {
                return found;
            }
            let memory = request.limits.get(Limit::LoadMemory);
            let permit = self.queue.wait(request.owner, Lane::Fast, memory);
            if let Some(found) = there() {
                return found;
            }
            let Some(underway) = self.underway.begin(&name) else {
                drop(permit);
                self.underway.wait(&name);
                continue;
            };
            let (code, weight) = self.make(request, permit)?;
            check_size(&code, request)?;
            if let Some(cache) = &self.cache {
                cache.put(&name, &code, weight);
            }
            let component = code.component(engine);
            let component = component.map_err(|error| unfit(&error, &weight, request.limits))?;
            let linked = link(&component, weight);
            drop(underway);
            return linked;
        }
    }

    fn make(&self, request: &Request<'_>, mut permit: Permit) -> Result<(CompiledCode, Weight), Failure> {
        let memory = request.limits.get(Limit::LoadMemory);
        let mut again = false;
        loop {
            let helper = self.helper();
            let helper = helper.map_err(|error| Failure::system(format!("the helper cannot be started: {error}")))?;
            let Some(helper) = helper else {
                return in_process(request, self.threads);
            };
            let begun = Instant::now();
            match helper.load(request, self.threads, self.slows.then_some(SLOW_AFTER), &mut permit) {
                Ok(Loaded::Code(code, weight)) => return Ok((code, weight)),
                Ok(Loaded::Displaced) => {
                    drop(permit);
                    permit = self.queue.wait(request.owner, Lane::Slow, memory);
                }
                // The machine's memory may have been short; the plugin's fault would be told otherwise.
                Err(failure @ (Failure::Killed | Failure::Lost)) if !again => {
                    again = true;
                    self.after(&failure, &helper, begun);
                }
                Err(failure) => {
                    self.after(&failure, &helper, begun);
                    return Err(failure);
                }
            }
        }
    }
}

fn in_process(request: &Request<'_>, threads: usize) -> Result<(CompiledCode, Weight), Failure> {
    let bytes = (request.bytes)().map_err(|error| Failure::system(error.to_string()))?;
    let compiled = compile::compile(&bytes, request.shape, request.limits, threads);
    let (code, weight) = compiled.map_err(|why| match why {
        compile::NotCompiled::Refused(why) => Failure::Refused(why),
        compile::NotCompiled::Memory => Failure::system("the machine has no more memory".to_owned()),
    })?;
    let sealed = seal("transferhost-code", &code).and_then(CompiledCode::sealed);
    let sealed = sealed.map_err(|error| Failure::system(error.to_string()))?;
    Ok((sealed, weight))
}

/// Refuses code above this request's `load-code`, even if another tenant had it compiled.
fn check_size(code: &CompiledCode, request: &Request<'_>) -> Result<(), Failure> {
    let (size, value) = (code.len().unwrap_or(u64::MAX), request.limits.get(Limit::LoadCode));
    let limit = Limit::LoadCode;
    match size > value {
        true => Err(Failure::Limit {
            limit,
            value,
            used: Some(size),
        }),
        false => Ok(()),
    }
}

/// A name for a plugin's code in the cache.
fn name(shape: &Shape, digest: &str) -> String {
    let of = Sha256::digest(shape.key());
    let of: String = of.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{of}", digest.trim_start_matches("sha256:"))
}
