//! A rate with a debt: what is used may only be known after the fact, and is paid off by resting.
//!
//! A limiter that refuses what does not fit, as `governor` is, cannot take what was used already.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many units a second, of which some may be used at once. Shared between threads without a lock.
#[derive(Debug)]
pub(crate) struct Bucket {
    origin: Instant,
    /// Nanoseconds since the origin at which all that was used is paid.
    paid_at: AtomicU64,
    a_second: u64,
    burst: u64,
}

/// Lets a bucket begin full, whatever its burst.
const LEAD: Duration = Duration::from_secs(3_600);

impl Bucket {
    /// So many units a second, and as many at once as come in `burst`.
    pub(crate) fn new(a_second: u64, burst: Duration) -> Bucket {
        Bucket {
            origin: Instant::now(),
            paid_at: AtomicU64::new(0),
            a_second: a_second.max(1),
            burst: nanos(burst.min(LEAD)),
        }
    }

    /// So many units were used.
    pub(crate) fn charge(&self, units: u64) {
        let cost = u128::from(units) * 1_000_000_000 / u128::from(self.a_second);
        let cost = u64::try_from(cost).unwrap_or(u64::MAX);
        let full = self.now().saturating_sub(self.burst);
        let add = |paid_at: u64| Some(paid_at.max(full).saturating_add(cost));
        // It always gives a new value, so this cannot fail.
        let _ = self.paid_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// How long it takes until more may be used; `None` where it may now.
    pub(crate) fn debt(&self) -> Option<Duration> {
        let left = self.paid_at.load(Ordering::Relaxed).saturating_sub(self.now());
        (left > 0).then(|| Duration::from_nanos(left))
    }

    /// Whether it is as if nothing had ever been used.
    pub(crate) fn is_full(&self) -> bool {
        self.paid_at.load(Ordering::Relaxed) <= self.now().saturating_sub(self.burst)
    }

    fn now(&self) -> u64 {
        nanos(LEAD + self.origin.elapsed())
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_beyond_the_burst_is_a_debt() {
        let bucket = Bucket::new(10, Duration::from_secs(1));
        assert!(bucket.is_full());
        bucket.charge(9);
        assert_eq!(bucket.debt(), None);
        assert!(!bucket.is_full());
        bucket.charge(11);
        let debt = bucket.debt().unwrap();
        assert!(
            debt > Duration::from_millis(900) && debt <= Duration::from_secs(1),
            "{debt:?}"
        );
        // No number is too large.
        bucket.charge(u64::MAX);
        bucket.charge(u64::MAX);
        assert!(bucket.debt().is_some());
    }
}
