//! A multi handle, and the transfers in it.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::curl::{Multi, MultiError, Token};
use crate::tenant::{Quota, Tenant};
use crate::transfer::dispatch::Dispatch;

/// How long a lane with a transfer that reports its progress may be silent before it is run all the same.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long the connections of a tenant without a transfer are kept.
const IDLE: Duration = Duration::from_secs(30);

/// A multi handle, and the transfers in it.
pub(super) struct Lane {
    pub(super) multi: Multi<Dispatch>,
    /// Those that libcurl has.
    pub(super) transfers: HashMap<Token, usize>,
    /// And those that it will have, too.
    pub(super) members: usize,
    /// Those that libcurl has to run in silence too: somebody wants to know how far they are, or how slow.
    pub(super) reporters: usize,
    /// When libcurl ran in it last.
    pub(super) ran: Instant,
    /// When all of it was run last, ready or not.
    pub(super) beat: Instant,
    /// Running all of it at once took so long that others would notice.
    pub(super) is_heavy: bool,
    /// What a guest was told of libcurl's timer last.
    pub(super) timer: Option<Duration>,
    pub(super) tenant: Option<Tenant>,
    /// Whether it is the tenant's, whose transfers share it, and not one transfer's own.
    pub(super) is_shared: bool,
    /// Until when its tenant pays for what was used: libcurl does not run in it before.
    pub(super) rests: Option<Instant>,
    /// The transfers that something was to be done for meanwhile.
    pub(super) deferred: BTreeSet<usize>,
    /// Since when it is without a transfer, where its worker keeps it for the next one.
    pub(super) idle: Option<Instant>,
    /// When its worker looks at it again.
    pub(super) alarm: Option<Instant>,
}

impl Lane {
    pub(super) fn new(multi: Multi<Dispatch>, tenant: Option<&Tenant>, is_shared: bool) -> Result<Lane, MultiError> {
        if let Some(tenant) = tenant {
            multi.limit_connections(tenant.quotas().get(Quota::DestinationConnections))?;
        }
        Ok(Lane {
            multi,
            transfers: HashMap::new(),
            members: 0,
            reporters: 0,
            ran: Instant::now(),
            beat: Instant::now(),
            is_heavy: false,
            timer: None,
            tenant: tenant.cloned(),
            is_shared,
            rests: None,
            deferred: BTreeSet::new(),
            idle: None,
            alarm: None,
        })
    }

    /// When something is to be done in it.
    pub(super) fn next(&self) -> Option<Instant> {
        if self.rests.is_some() {
            return self.rests;
        }
        [self.multi.due(), self.beats_at(), self.is_idle_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When it has been without a transfer for too long.
    pub(super) fn is_idle_at(&self) -> Option<Instant> {
        (self.members == 0).then(|| self.ran + IDLE)
    }

    /// When the silent ones in it have to be run. Of a single one it is known that it is not silent.
    pub(super) fn beats_at(&self) -> Option<Instant> {
        let last = if self.members == 1 { self.ran } else { self.beat };
        (self.reporters > 0).then(|| last + HEARTBEAT)
    }

    /// Whether its tenant's guests keep running into debts.
    pub(super) fn keeps_overrunning(&self) -> bool {
        self.tenant.as_ref().is_some_and(|tenant| tenant.ledger().overruns())
    }

    /// How long its tenant has to rest, as its account says now.
    pub(super) fn rest(&self) -> Option<Duration> {
        self.tenant.as_ref().and_then(|tenant| tenant.ledger().rest())
    }
}
