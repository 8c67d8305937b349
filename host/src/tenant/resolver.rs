//! Names are looked up here, for all transfers of the process, on threads that are bounded by construction.
//!
//! A lookup is the system's `getaddrinfo`, which nobody can cut short: where a name server is silent, it lasts as long as the
//! resolver's own patience. So a transfer does not own its lookup. It asks a question and is woken when the answer is there;
//! when the transfer ends before, a question that nobody else waits for is forgotten, and a lookup that runs goes on alone.
//!
//! A slot is held from the beginning of a lookup to its end. The process has [`PROCESS`] slots. A tenant has [`TENANT`] of them
//! at most, fewer where few are free, and the last ones only where it has none. So tenants with silent name servers leave slots
//! to other tenants, while there are fewer such tenants than slots. Tenants take turns. A lookup without a free slot waits, and
//! the transfers that wait for it spend their own time. A thread is made for a slot that is taken and ends when nothing waits,
//! so there are never more threads than slots. (tokio's blocking pool bounds threads too, but it panics if the system makes
//! none.)
//!
//! An answer serves a tenant's later questions for as long as libcurl's own cache would keep it. No tenant sees another's.

use std::collections::{HashMap, VecDeque};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};
use std::{iter, mem, thread};

/// Lookups of the process at a time.
const PROCESS: usize = 128;
/// Lookups of a tenant at a time.
const TENANT: usize = 8;
/// And so many more for names that libcurl looks up itself: redirects with an older libcurl.
const MORE: usize = 64;
const PROCESS_MORE: usize = 256;
/// A tenant has one slot, and one more for so many that are free.
const SHARED: usize = 16;
/// How long an answer serves: libcurl's CURLOPT_DNS_CACHE_TIMEOUT.
const FRESH: Duration = Duration::from_secs(60);
/// Answers that are kept for a tenant, and addresses in one that is kept.
const ANSWERS: usize = 256;
const ADDRESSES: usize = 32;

/// A name and a port. The port is the name's in libcurl's cache as well.
type Key = (String, u16);
type Wake = Box<dyn Fn() + Send>;

/// A question, and the answer as soon as it is there.
#[derive(Default)]
pub(crate) struct Question {
    answer: OnceLock<Vec<SocketAddr>>,
    state: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    /// Whoever waits for the answer.
    wakes: Vec<Wake>,
    /// A slot is held for it.
    runs: bool,
}

/// The lookups of one tenant, or of one transfer without a tenant. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct Lookups(Arc<Mutex<Share>>);

#[derive(Default)]
struct Share {
    running: usize,
    more: usize,
    waiting: VecDeque<(Key, Weak<Question>)>,
    /// Whether the pool lists it.
    listed: bool,
    /// Questions without an answer.
    asked: HashMap<Key, Weak<Question>>,
    answers: HashMap<Key, (Instant, Arc<Question>)>,
}

/// The slots, and those whose questions wait, in turn. It is locked before a share, and a share before a question.
struct Pool {
    running: usize,
    more: usize,
    turns: VecDeque<Lookups>,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    running: 0,
    more: 0,
    turns: VecDeque::new(),
});

/// A slot, with the question that it is held for. It is given back when it is dropped.
struct Slot {
    lookups: Lookups,
    key: Key,
    question: Arc<Question>,
    /// Whether it is one of those for libcurl's own lookups.
    is_more: bool,
    held: bool,
}

impl std::fmt::Debug for Lookups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookups")
            .field("running", &self.share().running)
            .finish()
    }
}

impl Question {
    /// The addresses, in the resolver's order: none where it knows none. `None` before there is an answer.
    pub(crate) fn answer(&self) -> Option<&[SocketAddr]> {
        self.answer.get().map(Vec::as_slice)
    }

    /// One that is answered with these.
    pub(crate) fn answered(addresses: Vec<SocketAddr>) -> Arc<Question> {
        let question = Question::default();
        question.answer.get_or_init(|| addresses);
        Arc::new(question)
    }
}

impl Lookups {
    /// Asks for the addresses of a name. Where the answer is not there at once, `wake` is called when it is.
    pub(crate) fn ask(&self, name: &str, port: u16, wake: impl Fn() + Send + 'static) -> Arc<Question> {
        let key = (name.to_owned(), port);
        let mut share = self.share();
        if let Some((at, known)) = share.answers.get(&key)
            && at.elapsed() < FRESH
        {
            return Arc::clone(known);
        }
        let question = share.question(key, Some(Box::new(wake)));
        drop(share);
        self.begin();
        question
    }

    /// Asks anew, whatever was answered before, and tells whether a slot is held for the question now: for libcurl, which is
    /// about to look the name up itself and cannot wait. There are [`MORE`] slots of a tenant and [`PROCESS_MORE`] of the process for
    /// that alone. Where none is free, the question is forgotten.
    pub(crate) fn admits(&self, name: &str, port: u16) -> bool {
        let key = (name.to_owned(), port);
        let question = self.share().question(key.clone(), None);
        self.begin();
        let mut pool = lock(&POOL);
        let mut share = self.share();
        if lock(&question.state).runs {
            return true;
        }
        if pool.more >= PROCESS_MORE || share.more >= MORE {
            return false;
        }
        let it = Arc::downgrade(&question);
        share.waiting.retain(|(_, waiting)| !waiting.ptr_eq(&it));
        share.more += 1;
        pool.more += 1;
        drop(share);
        drop(pool);
        let slot = Slot::held(self, key, question, true);
        slot.start();
        true
    }

    /// Gives free slots to what waits.
    fn begin(&self) {
        let mut pool = lock(&POOL);
        if !mem::replace(&mut self.share().listed, true) {
            pool.turns.push_back(self.clone());
        }
        let slots: Vec<Slot> = iter::from_fn(|| pool.take()).collect();
        drop(pool);
        slots.into_iter().for_each(Slot::start);
    }

    fn share(&self) -> MutexGuard<'_, Share> {
        lock(&self.0)
    }
}

impl Share {
    fn question(&mut self, key: Key, wake: Option<Wake>) -> Arc<Question> {
        if let Some(asked) = self.asked.get(&key).and_then(Weak::upgrade) {
            lock(&asked.state).wakes.extend(wake);
            return asked;
        }
        if self.waiting.len().is_power_of_two() {
            self.forget();
        }
        let question = Arc::new(Question::default());
        lock(&question.state).wakes.extend(wake);
        self.asked.insert(key.clone(), Arc::downgrade(&question));
        self.waiting.push_back((key, Arc::downgrade(&question)));
        question
    }

    /// Forgets the questions that nobody waits for any more.
    fn forget(&mut self) {
        self.waiting.retain(|(_, question)| question.strong_count() > 0);
        self.asked.retain(|_, question| question.strong_count() > 0);
    }

    /// The next question that somebody still waits for, where the tenant has fewer than so many slots.
    fn next(&mut self, most: usize) -> Option<(Key, Arc<Question>)> {
        while self.running < most {
            let (key, question) = self.waiting.pop_front()?;
            if let Some(question) = question.upgrade() {
                self.running += 1;
                return Some((key, question));
            }
            if self.asked.get(&key).is_some_and(|asked| asked.strong_count() == 0) {
                self.asked.remove(&key);
            }
        }
        None
    }

    /// Lets an answer serve later questions.
    fn keep(&mut self, key: Key, question: &Arc<Question>) {
        if self.answers.len() >= ANSWERS {
            self.answers.retain(|_, (at, _)| at.elapsed() < FRESH);
        }
        if self.answers.len() >= ANSWERS {
            self.answers.clear();
        }
        self.answers.insert(key, (Instant::now(), Arc::clone(question)));
    }
}

impl Pool {
    /// Takes a slot for the next question, where there is both.
    fn take(&mut self) -> Option<Slot> {
        for _ in 0..self.turns.len() {
            let free = PROCESS.saturating_sub(self.running);
            if free == 0 {
                return None;
            }
            let lookups = self.turns.pop_front()?;
            let mut share = lookups.share();
            let next = share.next(TENANT.min(1 + free / SHARED));
            share.listed = !share.waiting.is_empty();
            if share.listed {
                self.turns.push_back(lookups.clone());
            }
            drop(share);
            if let Some((key, question)) = next {
                self.running += 1;
                return Some(Slot::held(&lookups, key, question, false));
            }
        }
        None
    }
}

impl Slot {
    /// A slot for this question, which has been counted.
    fn held(lookups: &Lookups, key: Key, question: Arc<Question>, is_more: bool) -> Slot {
        lock(&question.state).runs = true;
        Slot {
            lookups: lookups.clone(),
            key,
            question,
            is_more,
            held: true,
        }
    }

    fn start(self) {
        let mut next = Some(self);
        while let Some(slot) = next {
            let thread = thread::Builder::new().name("resolver".to_owned());
            if thread.spawn(move || slot.work()).is_ok() {
                return;
            }
            // Where the system makes no thread, the slot is dropped, and there is no answer. Those that wait are next.
            next = lock(&POOL).take();
        }
    }

    /// Looks the name up, then takes the next waiting question. The thread holds its slot from start to end.
    fn work(self) {
        let mut slot = Some(self);
        while let Some(mut held) = slot {
            let (name, port) = &held.key;
            let found = (name.as_str(), *port).to_socket_addrs().map(Iterator::collect);
            held.question.answer.get_or_init(|| found.unwrap_or_default());
            let mut pool = lock(&POOL);
            let wakes = held.release(&mut pool);
            slot = pool.take();
            let others: Vec<Slot> = iter::from_fn(|| pool.take()).collect();
            drop(pool);
            others.into_iter().for_each(Slot::start);
            wakes.iter().for_each(|wake| wake());
        }
    }

    /// Gives the slot back, and tells who waits for the answer.
    fn release(&mut self, pool: &mut Pool) -> Vec<Wake> {
        if !mem::replace(&mut self.held, false) {
            return Vec::new();
        }
        let mut share = self.lookups.share();
        let (of_process, of_tenant) = match self.is_more {
            true => (&mut pool.more, &mut share.more),
            false => (&mut pool.running, &mut share.running),
        };
        *of_process -= 1;
        *of_tenant -= 1;
        share.asked.remove(&self.key);
        let addresses = self.question.answer.get_or_init(Vec::new);
        if (1..=ADDRESSES).contains(&addresses.len()) {
            share.keep(self.key.clone(), &self.question);
        }
        let mut state = lock(&self.question.state);
        state.runs = false;
        mem::take(&mut state.wakes)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.held {
            let wakes = self.release(&mut lock(&POOL));
            wakes.iter().for_each(|wake| wake());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn ask(lookups: &Lookups, name: &str) -> Vec<SocketAddr> {
        let (wake, woken) = channel();
        let question = lookups.ask(name, 80, move || {
            let _ = wake.send(());
        });
        while question.answer().is_none() {
            woken.recv().unwrap();
        }
        question.answer().unwrap().to_vec()
    }

    /// Addresses are answered without a name server.
    #[test]
    fn each_question_is_answered_whoever_asks() {
        let tenants: Vec<Lookups> = (0..20).map(|_| Lookups::default()).collect();
        thread::scope(|scope| {
            for tenant in &tenants {
                for number in 0..20 {
                    scope.spawn(move || {
                        let name = format!("127.0.0.{number}");
                        assert_eq!(ask(tenant, &name), [SocketAddr::new(name.parse().unwrap(), 80)]);
                    });
                }
            }
        });
        for tenant in &tenants {
            let share = tenant.share();
            assert_eq!(
                (share.waiting.len(), share.asked.len(), share.answers.len()),
                (0, 0, 20)
            );
        }
    }

    #[test]
    fn an_answer_serves_its_tenant_and_no_other() {
        let [one, other] = [Lookups::default(), Lookups::default()];
        let never = || panic!("it is there");
        ask(&one, "127.0.0.1");
        assert!(one.ask("127.0.0.1", 80, never).answer().is_some());
        assert!(!other.share().answers.contains_key(&("127.0.0.1".to_owned(), 80)));
        for number in 0..2 * ANSWERS {
            ask(&one, &format!("127.1.{}.{}", number / 256, number % 256));
            assert!(one.share().answers.len() <= ANSWERS);
        }
    }

    #[test]
    fn what_nobody_waits_for_is_forgotten() {
        let mut share = Share::default();
        for number in 0..1_000 {
            share.question((format!("{number}.test"), 80), None);
        }
        assert!(
            share.waiting.len() <= 2 && share.asked.len() <= 2,
            "{}",
            share.waiting.len()
        );
        let kept: Vec<_> = (0..10)
            .map(|number| share.question((format!("{number}.test"), 80), None))
            .collect();
        let taken: Vec<_> = iter::from_fn(|| share.next(TENANT)).collect();
        assert_eq!((taken.len(), share.running), (TENANT, TENANT));
        drop((kept, taken));
        share.running = 0;
        assert!(share.next(TENANT).is_none());
    }
}
