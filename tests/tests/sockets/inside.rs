//! A transfer that runs in the test itself: what its guest was asked, what it printed and what was delivered, in the order
//! in which it happened.

use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use transferhost::{Handle, Host, Observer, Outcome, Policy, PolicyKind, Sink, Transfer, TransferSpec};
use transferhost_tests::PATIENCE;
use transferhost_tests::command::loader;
use transferhost_tests::guests::guest;
use transferhost_tests::listen::Listen;

/// One for all transfers, so that what one leaves behind would serve the next.
static HOST: LazyLock<Host> = LazyLock::new(|| {
    let policy = Policy::new(PolicyKind::Curl).expect("the machine's own addresses");
    Host::new(policy, loader()).expect("an engine")
});

/// A transfer that has ended.
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    /// `opensocket(127.0.0.1:80) -> allow` where the guest was called, `> words` where it printed them, `delivered 5
    /// bytes`.
    pub(crate) log: Vec<String>,
}

impl Ended {
    /// The CURLcode, and the cause where there was one.
    pub(crate) fn end(&self) -> (u32, Option<String>) {
        let cause = self.outcome.abort.as_ref().map(|abort| abort.cause.to_string());
        (self.outcome.code.number(), cause)
    }

    /// The calls of one callback.
    pub(crate) fn calls(&self, callback: &str) -> Vec<&str> {
        let begin = format!("{callback}(");
        let calls = self.log.iter().filter(|line| line.starts_with(&begin));
        calls.map(String::as_str).collect()
    }

    /// The lines that the guest printed.
    pub(crate) fn prints(&self) -> Vec<&str> {
        self.log.iter().filter_map(|line| line.strip_prefix("> ")).collect()
    }

    /// Where the first line is that begins so.
    pub(crate) fn at(&self, begin: &str) -> usize {
        let found = self.log.iter().position(|line| line.starts_with(begin));
        found.unwrap_or_else(|| panic!("no {begin} in {:#?}", self.log))
    }

    /// It went well, and so many bytes were delivered.
    pub(crate) fn delivered(self, bytes: u64) -> Self {
        let is = (self.end(), self.outcome.bytes.delivered);
        assert_eq!(is, ((0, None), bytes), "{}\n{:#?}", self.outcome.message, self.log);
        self
    }

    /// It ended with this code, in this callback, for this cause.
    pub(crate) fn aborted(self, code: u32, callback: &str, cause: &str) -> Self {
        let told = || format!("{}\n{:#?}", self.outcome.message, self.log);
        assert_eq!(self.end(), (code, Some(cause.to_owned())), "{}", told());
        let abort = self.outcome.abort.as_ref();
        let is = abort.and_then(|abort| abort.callback);
        assert_eq!(is.map(|it| it.name()), Some(callback), "{}", told());
        self
    }
}

/// A transfer that has not run.
pub(crate) struct Ready {
    transfer: Transfer,
    log: Log,
}

impl Ready {
    /// Calls `hook` with each line of the log, on the transfer's thread, after it was added.
    pub(crate) fn new(plugin: &Path, spec: TransferSpec, hook: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let log = Log {
            lines: Arc::default(),
            hook: Arc::new(hook),
        };
        let (calls, prints) = (log.clone(), log.clone());
        let spec = TransferSpec {
            observer: Observer {
                // What it cost is another matter.
                calls: Some(Arc::new(move |line: &str| {
                    calls.add(line.split("  ").next().unwrap_or_default())
                })),
                prints: Some(Arc::new(move |line: &str| prints.add(&format!("> {line}")))),
                ..Observer::default()
            },
            max_time: spec.max_time.or(Some(PATIENCE)),
            ..spec
        };
        let plugin = HOST.load(plugin).expect("it can be loaded");
        let transfer = Transfer::new(&HOST, Some(&plugin), spec, Box::new(log.clone()));
        Self {
            transfer: transfer.expect("the specification is sound"),
            log,
        }
    }

    /// The way to it while it runs.
    pub(crate) fn handle(&self) -> Handle {
        self.transfer.handle()
    }

    /// Runs it.
    pub(crate) fn end(self) -> Ended {
        let outcome = self.transfer.run();
        let log = self.log.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ended { outcome, log }
    }
}

/// Runs a transfer of this URL.
pub(crate) fn run(plugin: &Path, url: &str) -> Ended {
    Ready::new(plugin, get(url), |_| ()).end()
}

/// A plain transfer of this URL.
pub(crate) fn get(url: &str) -> TransferSpec {
    TransferSpec {
        url: url.to_owned(),
        ..TransferSpec::default()
    }
}

/// The second of the two addresses that libcurl itself takes `localhost` for: 127.0.0.1, or `[::1]` in older ones.
pub(crate) fn second_of_localhost() -> Listen {
    static FIRST_IS_V6: LazyLock<bool> = LazyLock::new(|| {
        // Nothing is dialled: it denies both.
        let ended = run(&guest("ssrf-guard"), "http://localhost/");
        ended.calls("opensocket")[0].starts_with("opensocket([::1]:")
    });
    match *FIRST_IS_V6 {
        true => Listen::default(),
        false => Listen::default().v6(),
    }
}

#[derive(Clone)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    hook: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Log {
    fn add(&self, line: &str) {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line.to_owned());
        (self.hook)(line);
    }
}

impl Sink for Log {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.add(&format!("delivered {} bytes", bytes.len()));
        Ok(())
    }
}
