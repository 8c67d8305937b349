//! What a tenant has used, as its transfers run: charged where it is used, by any thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::account::Usage;
use super::bucket::Bucket;
use super::quota::{Quota, Quotas};
use super::resolver::Lookups;

/// A second's worth may be used at once.
const SECOND: Duration = Duration::from_secs(1);
/// Of guest time less: while one tenant's guests run, all others of the worker wait.
const GUEST_BURST: Duration = Duration::from_millis(250);

/// Microseconds of rest for guest time that a tenant may come to in each second without being one that keeps overrunning...
const OVERRUN_A_SECOND: u64 = 10_000;
/// ... and as many at once as come in this: 300 ms.
const OVERRUN_BURST: Duration = Duration::from_secs(30);

/// A tenant's account.
#[derive(Debug)]
pub(crate) struct Ledger {
    quotas: Quotas,
    requests: Bucket,
    bytes: Bucket,
    decoded: Bucket,
    guest_time: Bucket,
    /// Microseconds that its guests had to rest.
    overruns: Bucket,
    memory: AtomicU64,
    plugins: AtomicUsize,
    lookups: Lookups,
}

/// A part of a tenant's memory, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    ledger: Arc<Ledger>,
    bytes: u64,
}

/// A plugin's place among its tenant's, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct PluginSlot(Arc<Ledger>);

impl PluginSlot {
    /// What tells its tenant from all others that are.
    pub(crate) fn owner(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// A guest was tried for so long.
    pub(crate) fn ran(&self, time: Duration) {
        self.0.ran(time);
    }
}

/// A tenant's memory would be more than its quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OverQuota {
    pub(crate) limit: u64,
    pub(crate) used: u64,
}

impl Ledger {
    pub(crate) fn new(quotas: Quotas) -> Ledger {
        let rate = |quota, burst| Bucket::new(quotas.get(quota), burst);
        Ledger {
            requests: rate(Quota::Requests, SECOND),
            bytes: rate(Quota::Bytes, SECOND),
            decoded: rate(Quota::Decoded, SECOND),
            // In microseconds: a call takes less than a millisecond.
            guest_time: Bucket::new(quotas.get(Quota::GuestTime).saturating_mul(1_000), GUEST_BURST),
            overruns: Bucket::new(OVERRUN_A_SECOND, OVERRUN_BURST),
            memory: AtomicU64::new(0),
            plugins: AtomicUsize::new(0),
            lookups: Lookups::default(),
            quotas,
        }
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    /// The names that are looked up for it.
    pub(crate) fn lookups(&self) -> &Lookups {
        &self.lookups
    }

    /// A request was begun.
    pub(crate) fn requested(&self) {
        self.requests.charge(1);
    }

    /// How long no request may be begun.
    pub(crate) fn requests_rest(&self) -> Option<Duration> {
        self.requests.debt()
    }

    /// Bytes went over the wire.
    pub(crate) fn moved(&self, bytes: u64) {
        self.bytes.charge(bytes);
    }

    /// Bytes of a body came, after decoding.
    pub(crate) fn decoded(&self, bytes: u64) {
        self.decoded.charge(bytes);
    }

    /// A guest ran for so long.
    pub(crate) fn ran(&self, time: Duration) {
        let before = self.guest_time.debt().unwrap_or_default();
        self.guest_time.charge(micros(time));
        let rest = self.guest_time.debt().unwrap_or_default().saturating_sub(before);
        if !rest.is_zero() {
            self.overruns.charge(micros(rest));
        }
    }

    /// Its guests will run into a debt, and hold up others, each time one is made.
    pub(crate) fn overruns_always(&self) {
        if !self.overruns() {
            // A second's more than may be at once.
            self.overruns.charge(OVERRUN_A_SECOND * (OVERRUN_BURST.as_secs() + 1));
        }
    }

    /// Whether its guests keep running into debts.
    pub(crate) fn overruns(&self) -> bool {
        self.overruns.debt().is_some()
    }

    /// Whether nothing is owed, and nothing held against it: a new account would be as this.
    pub(crate) fn is_settled(&self) -> bool {
        let buckets = [
            &self.requests,
            &self.bytes,
            &self.decoded,
            &self.guest_time,
            &self.overruns,
        ];
        buckets.into_iter().all(Bucket::is_full)
    }

    /// How long nothing of this tenant's may be driven: the longest of its debts.
    pub(crate) fn rest(&self) -> Option<Duration> {
        [self.bytes.debt(), self.decoded.debt(), self.guest_time.debt()]
            .into_iter()
            .flatten()
            .max()
    }

    /// What is held.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            memory: self.memory.load(Ordering::Relaxed),
            plugins: self.plugins.load(Ordering::Relaxed) as u64,
        }
    }

    /// A place for one plugin more; `None` where that is more than the quota.
    pub(crate) fn plugin_slot(self: &Arc<Ledger>) -> Option<PluginSlot> {
        let most = self.quotas.count(Quota::Plugins);
        let add = |plugins: usize| (plugins < most).then_some(plugins + 1);
        let added = self.plugins.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        added.ok().map(|_| PluginSlot(Arc::clone(self)))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Held {
    /// Nothing yet.
    pub(crate) fn new(ledger: Arc<Ledger>) -> Held {
        Held { ledger, bytes: 0 }
    }

    /// Holds so many bytes from now on.
    ///
    /// # Errors
    /// Where the tenant would have more than its quota; it holds what it held then.
    pub(crate) fn set(&mut self, bytes: u64) -> Result<(), OverQuota> {
        let memory = &self.ledger.memory;
        if bytes <= self.bytes {
            memory.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
            self.bytes = bytes;
            return Ok(());
        }
        let (more, limit) = (bytes - self.bytes, self.ledger.quotas.get(Quota::Memory));
        let grown = |used: u64| used.saturating_add(more);
        let fits = |used: u64| (grown(used) <= limit).then(|| grown(used));
        match memory.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => {
                self.bytes = bytes;
                Ok(())
            }
            Err(used) => Err(OverQuota {
                limit,
                used: grown(used),
            }),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.ledger.memory.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Drop for PluginSlot {
    fn drop(&mut self) {
        self.0.plugins.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_held_up_to_the_quota_and_given_back() {
        let mut quotas = Quotas::default();
        quotas.set(Quota::Memory, 100);
        let ledger = Arc::new(Ledger::new(quotas));
        let (mut one, mut other) = (Held::new(Arc::clone(&ledger)), Held::new(Arc::clone(&ledger)));
        assert_eq!(one.set(60), Ok(()));
        assert_eq!(other.set(41), Err(OverQuota { limit: 100, used: 101 }));
        assert_eq!(other.set(40), Ok(()));
        assert_eq!(one.set(10), Ok(()));
        assert_eq!(ledger.usage().memory, 50);
        drop((one, other));
        assert_eq!(ledger.usage().memory, 0);
    }

    #[test]
    fn whoever_rests_for_long_keeps_overrunning() {
        let mut quotas = Quotas::default();
        quotas.set(Quota::GuestTime, 1_000);
        let ledger = Ledger::new(quotas);
        // A quarter of a second may be used at once; what follows is rested for, as long as it took.
        ledger.ran(Duration::from_millis(250));
        for _ in 0..29 {
            ledger.ran(Duration::from_millis(10));
        }
        assert!(ledger.rest().is_some() && !ledger.overruns());
        ledger.ran(Duration::from_millis(30));
        assert!(ledger.overruns() && !ledger.is_settled());
        let ledger = Ledger::new(Quotas::default());
        assert!(ledger.is_settled());
        ledger.overruns_always();
        assert!(ledger.overruns());
    }

    #[test]
    fn plugins_are_counted() {
        let mut quotas = Quotas::default();
        quotas.set(Quota::Plugins, 1);
        let ledger = Arc::new(Ledger::new(quotas));
        let slot = ledger.plugin_slot();
        assert!(slot.is_some() && ledger.plugin_slot().is_none());
        drop(slot);
        assert!(ledger.plugin_slot().is_some());
    }
}
