//! A strict policy refuses a name for one bad address in its answer. libcurl shows an address only when it is about to dial
//! it, and dials the first before it has seen the rest: so the host asks the resolver itself, on a thread of its own,
//! before libcurl may dial any address of that name. Each address is judged again when it is dialled.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::dispatch::Dispatch;
use crate::address::Address;
use crate::curl::{Part, Url, Waker};

/// What the resolver says of a name; nothing where it knows no address of it.
type Answer = Arc<OnceLock<Vec<SocketAddr>>>;

/// Names that one transfer asks for at most: some more than a tenant's redirects, whatever an origin says in how many
/// Location lines.
const MOST_NAMES: usize = 20;
/// Questions at a time that the whole process waits for at most. A resolver's silence cannot be cut.
const MOST_QUESTIONS: usize = 200;

/// How long an address that is about to be dialled waits for its name's answer.
const PATIENCE: Duration = Duration::from_secs(1);

static QUESTIONS: AtomicUsize = AtomicUsize::new(0);

/// One of the questions.
struct Place;

impl Place {
    fn take() -> Option<Place> {
        let taken = QUESTIONS.fetch_add(1, Ordering::AcqRel);
        let place = Place;
        (taken < MOST_QUESTIONS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        QUESTIONS.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The names that a transfer comes by.
pub(super) struct Names {
    answers: RefCell<HashMap<String, Answer>>,
    /// A header line waits for them.
    awaited: Cell<bool>,
    waker: Waker,
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
}

impl Names {
    pub(super) fn new(waker: Waker) -> Names {
        Names {
            answers: RefCell::default(),
            awaited: Cell::default(),
            waker,
        }
    }

    /// The resolver's answer; it is asked once a transfer.
    fn ask(&self, host: &str, port: u16) -> Answer {
        let mut answers = self.answers.borrow_mut();
        if let Some(answer) = answers.get(host) {
            return Arc::clone(answer);
        }
        let answer = Answer::default();
        answers.insert(host.to_owned(), Arc::clone(&answer));
        // libcurl asks nobody for these, and dials both.
        let bare = host.trim_end_matches('.');
        if bare == "localhost" || bare.ends_with(".localhost") {
            let both = [IpAddr::from(Ipv6Addr::LOCALHOST), IpAddr::from(Ipv4Addr::LOCALHOST)];
            answer.get_or_init(|| both.map(|ip| SocketAddr::new(ip, port)).to_vec());
            return answer;
        }
        let (name, told, waker) = (host.to_owned(), Arc::clone(&answer), self.waker.clone());
        let place = Place::take().filter(|_| answers.len() <= MOST_NAMES);
        let asking = place.map(|place| {
            thread::Builder::new().name("strict".to_owned()).spawn(move || {
                let _place = place;
                let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
                told.get_or_init(|| found.unwrap_or_default());
                waker.wake();
            })
        });
        if !matches!(asking, Some(Ok(_))) {
            answer.get_or_init(Vec::new);
        }
        answer
    }

    fn all_answered(&self) -> bool {
        self.answers.borrow().values().all(|answer| answer.get().is_some())
    }
}

impl Dispatch {
    /// What is known of this URL's name; asks for it where nobody has.
    pub(super) fn judge_name_of(&self, url: &str) -> Judged {
        let Some(names) = &self.names else {
            return Judged::Open;
        };
        let Some((host, port)) = host_and_port(url) else {
            return Judged::No;
        };
        if is_numeric(&host) {
            return Judged::Open;
        }
        let answer = names.ask(&host, port);
        let Some(addresses) = answer.get() else {
            return Judged::NotYet;
        };
        let denied = addresses
            .iter()
            .find_map(|address| Some((address, self.policy.decide(&Address::Inet(*address)).err()?)));
        match denied {
            Some((address, denial)) => {
                let rule = format!("strict: its answer holds {address}, {}", denial.0);
                self.latch.set(self.denied(&host, &rule));
                Judged::No
            }
            None if addresses.is_empty() => Judged::No,
            None => Judged::Open,
        }
    }

    /// Whether libcurl may dial an address of the name that it is on its way to.
    pub(super) fn name_allows(&self) -> bool {
        if self.names.is_none() {
            return true;
        }
        let url = self.info.get().and_then(|info| info.text("url_effective"));
        let url = url.unwrap_or_default();
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

    /// Whether the answer for each of these URLs is there; where not, header lines wait for it.
    pub(super) fn redirect_is_judged<'a>(&self, urls: impl Iterator<Item = &'a str>) -> bool {
        let Some(names) = &self.names else { return true };
        // All are asked at once.
        let waits = urls.fold(false, |waits, url| waits | (self.judge_name_of(url) == Judged::NotYet));
        names.awaited.set(waits);
        !waits
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

fn host_and_port(url: &str) -> Option<(String, u16)> {
    let url = Url::parse(url).ok()?;
    let host = url.get(Part::Host)?.to_ascii_lowercase();
    Some((host, url.get(Part::Port)?.parse().ok()?))
}

/// Whether a URL's host is an address: libcurl's URL API has made the usual form of whatever it was written in.
fn is_numeric(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    bare.split('%').next().is_some_and(|ip| ip.parse::<IpAddr>().is_ok())
}
