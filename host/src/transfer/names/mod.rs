//! The names that a transfer comes by. The host looks them up itself, through the pool of `tenant::resolver`, before libcurl may
//! dial them: for two reasons, of which either suffices.
//!
//! A strict policy refuses a name for one bad address in its answer. libcurl shows an address only when it is about to dial it,
//! and dials the first before it has seen the rest. Each address is judged again when it is dialled.
//!
//! A tenant's lookups are bounded. libcurl looks names up on threads of its own, which live on after the transfer and which
//! nobody counts. So where a transfer is a tenant's, libcurl is handed the answer (CURLOPT_RESOLVE) and finds it in its cache.
//! What it wants to look up all the same, `resolver_start` lets pass only while a slot of the pool is held for the same name:
//! a redirect that an older libcurl follows though its headers are paused, and a name that it has forgotten meanwhile.

mod target;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use self::target::{host_and_port, is_localhost, is_name, is_numeric};
use super::dispatch::Dispatch;
use super::options::IpVersion;
use super::spec::TransferSpec;
use crate::address::Address;
use crate::curl::{Continue, CurlCode, OnResolverStart, Waker};
use crate::tenant::ledger::Ledger;
use crate::tenant::policy::Policy;
use crate::tenant::resolver::{Lookups, Question};

/// Names that one transfer asks for at most: some more than a tenant's redirects, whatever an origin says in how many
/// Location lines.
const MOST_NAMES: usize = 20;

/// How long an address that is about to be dialled waits for its name's answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long libcurl surely has an answer that it was handed: it keeps it for a minute.
const HANDED: Duration = Duration::from_secs(30);

/// libcurl's own time for a connection, resolving included.
const CONNECT: Duration = Duration::from_secs(300);

type Key = (String, u16);

/// The names that a transfer comes by.
pub(super) struct Names {
    answers: RefCell<HashMap<Key, Arc<Question>>>,
    /// A header line waits for them.
    awaited: Cell<bool>,
    waker: Waker,
    lookups: Lookups,
    /// Whether one denied address denies the name.
    strict: bool,
    /// Whether libcurl is handed the answers, and looks nothing up itself.
    hands_over: bool,
    /// When libcurl was handed an answer last.
    handed: RefCell<HashMap<Key, Instant>>,
    /// Answers that libcurl is to be handed before it goes on.
    due: RefCell<Vec<String>>,
    /// What the caller says of names: `--resolve` and `--connect-to`.
    resolve: Vec<String>,
    connect_to: Vec<String>,
    family: IpVersion,
    /// The URL that was read last, and where it leads.
    last: RefCell<Option<(String, Option<Key>)>>,
    /// How long a connection may take, resolving included.
    pub(super) connect: Cell<Duration>,
    /// Why nothing was dialled, in curl's words.
    failed: OnceCell<String>,
}

/// What is known of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// The resolver was asked, and has not answered.
    NotYet,
    /// Nothing in its answer is denied; or it is an address, which is judged when it is dialled.
    Open,
    /// The transfer is over; or nobody knows an address, and it will be if libcurl does.
    No,
    /// Nobody knows an address, and libcurl does not ask.
    Unknown,
}

impl Names {
    /// The names of a transfer, where the host looks them up.
    pub(super) fn of(
        policy: &Policy,
        ledger: Option<&Arc<Ledger>>,
        spec: &TransferSpec,
        waker: &Waker,
    ) -> Option<Names> {
        let strict = policy.network.strict;
        let hands_over = ledger.is_some() && is_direct(spec, policy);
        (strict || hands_over).then(|| Names {
            answers: RefCell::default(),
            awaited: Cell::default(),
            waker: waker.clone(),
            lookups: ledger.map(|ledger| ledger.lookups().clone()).unwrap_or_default(),
            strict,
            hands_over,
            handed: RefCell::default(),
            due: RefCell::default(),
            resolve: spec.route.resolve.clone(),
            connect_to: spec.route.connect_to.clone(),
            family: spec.route.ip,
            last: RefCell::default(),
            connect: Cell::new(CONNECT),
            failed: OnceCell::new(),
        })
    }

    /// Whether libcurl is handed the answers.
    pub(super) fn hands_over(&self) -> bool {
        self.hands_over
    }

    /// Where a connection for this URL goes, by name. The last URL is remembered: reading one takes its time.
    fn target(&self, url: &str) -> Option<Key> {
        if let Some((_, key)) = self.last.borrow().as_ref().filter(|(last, _)| last == url) {
            return key.clone();
        }
        let key = target::host_and_port(url).map(|(host, port)| {
            let elsewhere = self.connect_to.iter().filter(|_| self.hands_over);
            let elsewhere = elsewhere
                .filter_map(|entry| target::connected_to(entry, &host, port))
                .next();
            elsewhere.unwrap_or((host, port))
        });
        self.last.replace(Some((url.to_owned(), key.clone())));
        key
    }

    /// Whether the caller names the addresses himself.
    fn is_given(&self, host: &str, port: u16) -> bool {
        self.resolve.iter().any(|entry| target::is_about(entry, host, port))
    }

    /// The resolver's answer; it is asked once a transfer.
    fn ask(&self, key: &Key) -> Arc<Question> {
        let mut answers = self.answers.borrow_mut();
        if let Some(answer) = answers.get(key) {
            return Arc::clone(answer);
        }
        let (host, port) = key;
        let answer = if is_localhost(host) {
            // libcurl asks nobody for these, and dials both; but an older one does where a dot ends the name.
            let both = [IpAddr::from(Ipv6Addr::LOCALHOST), IpAddr::from(Ipv4Addr::LOCALHOST)];
            Question::answered(both.map(|ip| SocketAddr::new(ip, *port)).to_vec())
        } else if answers.len() < MOST_NAMES && is_name(host) {
            let waker = self.waker.clone();
            self.lookups.ask(host, *port, move || waker.wake())
        } else {
            Question::answered(Vec::new())
        };
        answers.insert(key.clone(), Arc::clone(&answer));
        answer
    }

    fn all_answered(&self) -> bool {
        self.answers.borrow().values().all(|answer| answer.answer().is_some())
    }

    /// Those of an answer that libcurl may be handed: of the family that the caller wants, and without a zone, which libcurl does
    /// not read there.
    fn usable(&self, addresses: &[SocketAddr]) -> Vec<SocketAddr> {
        let is_usable = |at: &SocketAddr| match at {
            SocketAddr::V4(_) => self.family != IpVersion::V6,
            SocketAddr::V6(at) => self.family != IpVersion::V4 && at.scope_id() == 0,
        };
        addresses.iter().copied().filter(is_usable).collect()
    }

    /// Lets libcurl have the answer for this name next, where it may have forgotten it.
    fn hand(&self, key: &Key, addresses: &[SocketAddr]) {
        let is_fresh = |at: &Instant| at.elapsed() < HANDED;
        if !self.hands_over || self.handed.borrow().get(key).is_some_and(is_fresh) {
            return;
        }
        let texts: Vec<String> = addresses
            .iter()
            .map(|at| match at.ip() {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            })
            .collect();
        let (texts, name) = (texts.join(","), key.0.trim_end_matches('.'));
        // One libcurl keeps a dot at the end of a name, another does not.
        let entry = |dot| format!("+{name}{dot}:{}:{texts}", key.1);
        self.due.borrow_mut().extend(["", "."].map(entry));
        self.handed.borrow_mut().insert(key.clone(), Instant::now());
    }

    /// What libcurl is to be told of names before it begins, the caller's wishes among it.
    pub(super) fn entries(&self) -> Vec<String> {
        let (mut entries, given): (Vec<_>, Vec<_>) =
            self.resolve.iter().cloned().partition(|entry| entry.starts_with('-'));
        entries.append(&mut self.due.take());
        entries.extend(given);
        entries
    }

    /// What libcurl is to be told of names before it goes on.
    pub(super) fn take_due(&self) -> Vec<String> {
        self.due.take()
    }

    /// The transfer ends for its name, in curl's words.
    pub(super) fn fail(&self, words: String) {
        let _ = self.failed.set(words);
    }

    /// Why it ends for its name, where it does.
    pub(super) fn failed(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }
}

/// Whether what libcurl looks up is the URL's name and nothing else: no proxy's, no interface's, and not none at all.
fn is_direct(spec: &TransferSpec, policy: &Policy) -> bool {
    let by_environment = || {
        let mut names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().to_ascii_lowercase());
        names.any(|name| name.ends_with("_proxy"))
    };
    let proxy = match spec.proxy.url.as_deref() {
        _ if policy.guards_network() => false,
        Some(url) => !url.is_empty(),
        None => by_environment(),
    };
    !proxy && spec.unix_socket.is_none() && spec.route.interface.is_none()
}

impl OnResolverStart for Dispatch {
    fn resolver_start(&self) -> Continue {
        self.noted(self.on_resolver_start())
    }
}

impl Dispatch {
    /// What is known of this URL's name; asks for it where nobody has.
    pub(super) fn judge_name_of(&self, url: &str) -> Judged {
        let Some(names) = &self.names else {
            return Judged::Open;
        };
        let Some(key) = names.target(url) else {
            return Judged::No;
        };
        let (host, port) = &key;
        if is_numeric(host) || (!names.strict && names.is_given(host, *port)) {
            return Judged::Open;
        }
        let question = names.ask(&key);
        let Some(addresses) = question.answer() else {
            return Judged::NotYet;
        };
        let denied = addresses
            .iter()
            .filter(|_| names.strict)
            .find_map(|address| Some((address, self.policy.decide(&Address::Inet(*address)).err()?)));
        match denied {
            Some((address, denial)) => {
                let rule = format!("strict: its answer holds {address}, {}", denial.0);
                self.latch.set(self.denied(host, &rule));
                Judged::No
            }
            None if names.hands_over => {
                let usable = names.usable(addresses);
                if usable.is_empty() {
                    return Judged::Unknown;
                }
                if !names.is_given(host, *port) {
                    names.hand(&key, &usable);
                }
                Judged::Open
            }
            None if addresses.is_empty() => Judged::No,
            None => Judged::Open,
        }
    }

    /// Whether libcurl may dial an address of the name that it is on its way to.
    pub(super) fn name_allows(&self) -> bool {
        if !self.names.as_ref().is_some_and(|names| names.strict) {
            return true;
        }
        let url = self.url_under_way();
        let mut judged = self.judge_name_of(&url);
        // An older libcurl follows a redirect whose headers were paused: then its name is judged here.
        let begun = Instant::now();
        while judged == Judged::NotYet && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
            judged = self.judge_name_of(&url);
        }
        let open = judged == Judged::Open;
        if !open && !self.latch.is_set() {
            let (host, _) = host_and_port(&url).unwrap_or_default();
            let ended = self.denied(&host, "strict: there is no answer that could be judged");
            self.refused.replace(Some(ended));
        }
        open
    }

    fn url_under_way(&self) -> String {
        let url = self.info.get().and_then(|info| info.text("url_effective"));
        url.unwrap_or_default()
    }

    /// Whether libcurl may go on to find an address: of one itself it says so too, and of `localhost`. A name it may look up
    /// only while the pool does; what it was handed it does not look up.
    pub(super) fn on_resolver_start(&self) -> Continue {
        let Some(names) = self.names.as_ref().filter(|names| names.hands_over) else {
            return Continue::Yes;
        };
        let url = self.url_under_way();
        let key = names.target(&url);
        let passes = key.as_ref().is_some_and(|(host, port)| {
            let known = is_numeric(host) || names.is_given(host, *port);
            let known = known || (is_localhost(host) && !host.ends_with('.'));
            // Its second connection goes to the address of the first.
            let known = known || (url.starts_with("ftp") && names.handed.borrow().contains_key(&(host.clone(), *port)));
            let unknown = || {
                let answers = names.answers.borrow();
                answers
                    .get(&(host.clone(), *port))
                    .and_then(|it| it.answer())
                    .is_some_and(|addresses| names.usable(addresses).is_empty())
            };
            known || (is_name(host) && !unknown() && names.lookups.admits(host, *port))
        });
        if passes {
            return Continue::Yes;
        }
        names.fail(format!("Could not resolve host: {}", key.unwrap_or_default().0));
        Continue::Abort
    }

    /// libcurl's code, or curl's own where the host refused a name its lookup, which libcurl has other codes for.
    pub(super) fn code_of_names(&self, code: CurlCode) -> CurlCode {
        match self.names.as_ref().and_then(Names::failed) {
            Some(_) if code == CurlCode::ABORTED_BY_CALLBACK => CurlCode::COULDNT_RESOLVE_HOST,
            _ => code,
        }
    }

    /// Whether the answer for each of these URLs is there; where not, header lines wait for it.
    pub(super) fn redirect_is_judged<'a>(&self, urls: impl Iterator<Item = &'a str>) -> bool {
        let Some(names) = &self.names else { return true };
        // All are asked at once.
        let waits = urls.fold(false, |waits, url| waits | (self.judge_name_of(url) == Judged::NotYet));
        // What libcurl is to be handed, it cannot be handed while it calls.
        let waits = waits || !names.due.borrow().is_empty();
        names.awaited.set(waits);
        !waits
    }

    /// Whether a header line waits for libcurl to be handed an answer.
    pub(super) fn names_are_due(&self) -> bool {
        let names = self.names.as_ref().filter(|names| names.awaited.get());
        names.is_some_and(|names| !names.due.borrow().is_empty())
    }

    /// Whether a header line waits for answers that are all there now.
    pub(super) fn names_go_on(&self) -> bool {
        let names = self.names.as_ref().filter(|names| names.awaited.get());
        let goes_on = names.is_some_and(Names::all_answered);
        // Told once: the line may be held up for another reason when it comes again.
        if let Some(names) = names.filter(|_| goes_on) {
            names.awaited.set(false);
        }
        goes_on
    }
}
