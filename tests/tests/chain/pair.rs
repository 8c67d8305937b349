//! A transfer with a plugin of the operator's and one of the tenant's, or with one of them.

use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use transferhost::{
    Host, Limit, Limits, Observer, Operator, Outcome, Plugin, Policy, PolicyKind, Sink, Transfer, TransferSpec,
};
use transferhost_tests::PATIENCE;
use transferhost_tests::command::loader;

/// One for all transfers, so that what one leaves behind would serve the next.
pub(crate) static HOST: LazyLock<Host> = LazyLock::new(|| host(|_| ()));

/// A host of a policy like curl's.
pub(crate) fn host(change: impl FnOnce(&mut Limits)) -> Host {
    let mut policy = Policy::new(PolicyKind::Curl).expect("the machine's own addresses");
    change(policy.limits_mut());
    Host::new(policy, loader()).expect("an engine")
}

/// Limits of which one is another.
pub(crate) fn limits(limit: Limit, value: u64) -> Limits {
    let mut limits = Limits::curl();
    limits.set(limit, value);
    limits
}

pub(crate) fn load(path: &Path) -> Plugin {
    HOST.load(path).expect("it can be loaded")
}

/// As the operator's, with these settings.
pub(crate) fn operator(path: &Path, config: &[(&str, &str)]) -> Operator {
    Operator {
        plugin: load(path),
        limits: Limits::curl(),
        config: settings(config),
    }
}

pub(crate) fn settings(config: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    config.iter().map(own).collect()
}

/// A plain transfer of this URL, with the operator's plugin.
pub(crate) fn get(url: &str, operator: Operator) -> TransferSpec {
    TransferSpec {
        url: url.to_owned(),
        operator: Some(operator),
        ..TransferSpec::default()
    }
}

/// A transfer that has ended.
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) body: String,
    /// `operator: write(5 bytes) -> deliver` where the operator's guest was called, without the first word where the
    /// tenant's was.
    pub(crate) calls: Vec<String>,
    /// What they printed, `operator: ` before what the operator's did.
    pub(crate) prints: Vec<String>,
}

/// Runs it, with the tenant's plugin where there is one.
pub(crate) fn run(tenant: Option<&Path>, spec: TransferSpec) -> Ended {
    run_on(&HOST, tenant, spec)
}

/// On another host; both plugins must be its own.
pub(crate) fn run_on(host: &Host, tenant: Option<&Path>, mut spec: TransferSpec) -> Ended {
    let (calls, prints) = (Lines::default(), Lines::default());
    let name = spec
        .operator
        .as_ref()
        .map(|operator| format!("{}: ", operator.plugin.name()));
    let name = name.unwrap_or_else(|| "nobody".to_owned());
    let (traced, printed, by_operator) = (calls.clone(), prints.clone(), prints.clone());
    spec.observer = Observer {
        calls: Some(Arc::new(move |line: &str| {
            // What it cost is another matter.
            let line = line.split("  ").next().unwrap_or_default();
            match line.strip_prefix(&name) {
                Some(line) => traced.add(format!("operator: {line}")),
                None => traced.add(line.to_owned()),
            }
        })),
        prints: Some(Arc::new(move |line: &str| printed.add(line.to_owned()))),
        operator_prints: Some(Arc::new(move |line: &str| by_operator.add(format!("operator: {line}")))),
        ..Observer::default()
    };
    spec.max_time = spec.max_time.or(Some(PATIENCE));
    let tenant = tenant.map(|path| host.load(path).expect("it can be loaded"));
    let body = Body::default();
    let transfer = Transfer::new(host, tenant.as_ref(), spec, Box::new(body.clone()));
    let outcome = transfer.expect("the specification is sound").run();
    let body = body.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ended {
        outcome,
        body: String::from_utf8_lossy(&body).into_owned(),
        calls: calls.get(),
        prints: prints.get(),
    }
}

impl Ended {
    /// It went well, and this was delivered.
    pub(crate) fn delivered(self, body: &str) -> Self {
        let code = self.outcome.code.number();
        assert_eq!((code, &*self.body), (0, body), "{self}");
        assert!(self.outcome.abort.is_none(), "{self}");
        self
    }

    /// It ended with this code, in this callback, for this cause, by this plugin.
    pub(crate) fn aborted(self, code: u32, callback: &str, cause: &str, plugin: &str) -> Self {
        let abort = self.outcome.abort.as_ref();
        let is = abort.map(|abort| {
            let callback = abort.callback.map(|it| it.name()).unwrap_or_default();
            (
                callback,
                abort.cause.name(),
                abort.plugin.as_deref().unwrap_or_default(),
            )
        });
        assert_eq!(is, Some((callback, cause, plugin)), "{self}");
        assert_eq!(self.outcome.code.number(), code, "{self}");
        self
    }

    /// These calls, and no others.
    pub(crate) fn called(self, calls: &[&str]) -> Self {
        assert_eq!(self.calls, calls, "{self}");
        self
    }

    /// How often the tenant's guest was called.
    pub(crate) fn of_tenant(&self) -> u64 {
        let calls = self.outcome.guest.iter().flat_map(|guest| guest.calls.values());
        calls.map(|calls| calls.count).sum()
    }

    /// The calls of one callback.
    pub(crate) fn calls_of(&self, callback: &str) -> Vec<&str> {
        let is = |line: &&String| {
            let call = line.strip_prefix("operator: ").unwrap_or(line);
            call.split('(').next() == Some(callback)
        };
        self.calls.iter().filter(is).map(String::as_str).collect()
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { outcome, body, .. } = self;
        let body: String = body.chars().take(200).collect();
        write!(
            f,
            "{} {:?} {body:?}\n{:#?}\n{:#?}",
            outcome.code, outcome.message, self.calls, self.prints
        )
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn add(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn get(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Clone, Default)]
struct Body(Arc<Mutex<Vec<u8>>>);

impl Sink for Body {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(())
    }
}
