//! A transfer of the library's on a thread of its own: its handle, and what has come out so far.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use transferhost::{Handle, Host, Observer, Outcome, Policy, PolicyKind, Sink, Transfer, TransferSpec};
use transferhost_tests::PATIENCE;
use transferhost_tests::command::loader;
use transferhost_tests::event::Event;

/// A transfer that runs.
pub(crate) struct Underway {
    pub(crate) handle: Handle,
    shared: Shared,
    thread: JoinHandle<(Outcome, Duration)>,
    since: Instant,
}

/// One that has ended.
pub(crate) struct Over {
    pub(crate) outcome: Outcome,
    pub(crate) body: Vec<u8>,
    /// What the guest was asked, as the trace shows it.
    pub(crate) calls: Vec<String>,
    pub(crate) elapsed: Duration,
    /// The time that its thread ran.
    pub(crate) cpu: Duration,
}

#[derive(Clone, Default)]
struct Shared {
    body: Arc<Mutex<Vec<u8>>>,
    calls: Arc<Mutex<Vec<String>>>,
    delivered: Event,
    called: Event,
}

impl Underway {
    /// Runs this, with the plugin of this file; `before` reaches the transfer before it runs.
    pub(crate) fn start(
        plugin: Option<&Path>,
        spec: impl FnOnce() -> TransferSpec + Send + 'static,
        before: impl FnOnce(&Transfer) + Send + 'static,
    ) -> Self {
        Self::told(plugin, spec, before, |_, _| {})
    }

    /// The same, with a word about each call of the guest as soon as it has answered, before libcurl goes on.
    pub(crate) fn told(
        plugin: Option<&Path>,
        spec: impl FnOnce() -> TransferSpec + Send + 'static,
        before: impl FnOnce(&Transfer) + Send + 'static,
        on_call: impl Fn(&Handle, &str) + Send + Sync + 'static,
    ) -> Self {
        let plugin = plugin.map(Path::to_owned);
        let shared = Shared::default();
        let (sender, receiver) = mpsc::channel();
        let of_thread = shared.clone();
        let thread = thread::spawn(move || {
            let host = Host::new(Policy::new(PolicyKind::Curl).unwrap(), loader()).unwrap();
            let plugin = plugin.map(|path| host.load(&path).unwrap());
            let handle: Arc<Mutex<Option<Handle>>> = Arc::default();
            let mut spec = spec();
            spec.observer = Observer {
                calls: Some(Arc::new({
                    let (shared, handle) = (of_thread.clone(), handle.clone());
                    move |line: &str| {
                        lock(&shared.calls).push(line.to_owned());
                        if let Some(handle) = &*lock(&handle) {
                            on_call(handle, line);
                        }
                        shared.called.fire();
                    }
                })),
                ..Observer::default()
            };
            let transfer = Transfer::new(&host, plugin.as_ref(), spec, Box::new(of_thread)).unwrap();
            *lock(&handle) = Some(transfer.handle());
            before(&transfer);
            sender.send(transfer.handle()).unwrap();
            let before = cpu();
            let outcome = transfer.run();
            (outcome, cpu().saturating_sub(before))
        });
        let handle = receiver.recv_timeout(PATIENCE).expect("a transfer that is ready");
        Self {
            handle,
            shared,
            thread,
            since: Instant::now(),
        }
    }

    /// What was delivered so far.
    pub(crate) fn body(&self) -> Vec<u8> {
        lock(&self.shared.body).clone()
    }

    /// Waits for the first bytes.
    pub(crate) fn wait_for_bytes(&self) {
        assert!(self.shared.delivered.wait(PATIENCE), "nothing was delivered");
    }

    /// Waits for the guest's first answer.
    pub(crate) fn wait_for_a_call(&self) {
        assert!(self.shared.called.wait(PATIENCE), "the guest was not asked");
    }

    /// Gives what must not happen the time to happen; it passes by itself where this is too short.
    pub(crate) fn settle(&self) {
        thread::sleep(Duration::from_millis(200));
    }

    /// Waits for its end, for no longer than anything here.
    pub(crate) fn end(self) -> Over {
        while !self.thread.is_finished() {
            assert!(self.since.elapsed() < 2 * PATIENCE, "the transfer does not end");
            thread::sleep(Duration::from_millis(2));
        }
        let (outcome, cpu) = self.thread.join().expect("no panic");
        Over {
            outcome,
            body: std::mem::take(&mut *lock(&self.shared.body)),
            calls: std::mem::take(&mut *lock(&self.shared.calls)),
            elapsed: self.since.elapsed(),
            cpu,
        }
    }
}

impl Over {
    /// The code, and the cause where there was one.
    pub(crate) fn end(&self) -> (u32, Option<String>) {
        let cause = self.outcome.abort.as_ref().map(|abort| abort.cause.to_string());
        (self.outcome.code.number(), cause)
    }

    /// How often the guest was asked.
    pub(crate) fn called(&self, callback: &str) -> u64 {
        let guest = self.outcome.guest.as_ref();
        guest
            .and_then(|guest| guest.calls.get(callback))
            .map_or(0, |calls| calls.count)
    }
}

impl Sink for Shared {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        lock(&self.body).extend(bytes);
        self.delivered.fire();
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long the calling thread has run.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("a kernel that counts");
    let nanoseconds = text.split(' ').next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}
