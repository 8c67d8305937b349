//! A guest that answers as it is told. What it is told goes through `transfer.url`, as the very bytes of the answer: they
//! are text, so each is below 128.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};

use super::event::Verdict;
use super::play::TARGETS;
use crate::address::Address;
use crate::callback::Callback;
use crate::guest::{Dialled, Environment, Guest, Plugin, PluginFile, Taken, TransferInfo, TransferView};
use crate::limits::Limits;
use crate::tenant::policy::Policy;
use crate::testing::load::engine;

/// Where the guest has the answer, and behind it what the answer points at.
const BASE: u32 = 0x1_0000;
const DATA: u32 = BASE + DATA_AT as u32;
const DATA_AT: usize = 0x28;

/// The byte of which a guest's own bytes are.
pub(super) const OWN: u8 = b'g';

/// The plugin, compiled once.
pub(super) fn plugin() -> Result<Plugin> {
    static PLUGIN: OnceLock<Option<Plugin>> = OnceLock::new();
    let engine = engine()?;
    let file = PluginFile::new("sequence.wat".to_owned(), include_bytes!("guest.wat").to_vec());
    let load = || Plugin::load(engine, &file, &Limits::curl(), None).ok();
    PLUGIN.get_or_init(load).clone().context("guest.wat does not load")
}

#[derive(Default)]
struct Told {
    answers: VecDeque<Verdict>,
    asked: Option<Callback>,
    entered: u64,
}

/// The way to tell the guest.
#[derive(Clone, Default)]
pub(super) struct Channel(Arc<Mutex<Told>>);

impl Channel {
    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it answers next; beyond these it is neutral.
    pub(super) fn tell(&self, verdicts: &[Verdict]) {
        self.lock().answers = verdicts.iter().copied().collect();
    }

    /// Which callback comes next: the same case is laid out otherwise in another.
    pub(super) fn about(&self, callback: Callback) {
        self.lock().asked = Some(callback);
    }

    /// How often the guest was entered.
    pub(super) fn entered(&self) -> u64 {
        self.lock().entered
    }
}

/// Makes the guest.
pub(super) fn guest(policy: &Policy, plugin: &Plugin, channel: &Channel) -> Result<Guest> {
    let environment = Environment {
        limits: policy.limits.clone(),
        config: Vec::new(),
        classifier: Arc::clone(&policy.classifier),
        printer: Arc::new(|_: &str| {}),
        transfer: Box::new(channel.clone()),
        may_wait: false,
        ledger: None,
    };
    Guest::new(engine()?, plugin, environment).map_err(|failure| anyhow!("no guest: {failure:?}"))
}

impl TransferView for Channel {
    fn url(&self) -> String {
        let mut told = self.lock();
        told.entered += 1;
        let verdict = told.answers.pop_front().unwrap_or(Verdict::NEUTRAL);
        let bytes = told.asked.map(|callback| answer(callback, verdict)).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn host(&self) -> String {
        String::new()
    }

    fn getinfo(&self, _: &str) -> TransferInfo {
        TransferInfo::None
    }

    fn dialled(&self) -> Dialled {
        Dialled::Origin
    }

    fn take_upload(&self, _: usize, _: Duration) -> Taken {
        Taken::NoBody
    }
}

/// The answer as the canonical ABI lays it out: a tag, and at 4 what a success or an abort holds.
fn answer(callback: Callback, verdict: Verdict) -> Vec<u8> {
    let mut area = vec![0; DATA_AT];
    let mut put = |at: usize, number: u32| {
        if let Some(place) = area.get_mut(at..at + 4) {
            place.copy_from_slice(&number.to_le_bytes());
        }
    };
    match verdict {
        Verdict::Trap => put(0, 126),
        Verdict::Spin => put(0, 125),
        Verdict::BadTag => put(0, 9),
        Verdict::BadPointer => {
            put(0, 1);
            put(4, 0x7f00_0000);
            put(8, 1);
        }
        Verdict::Abort(words) => {
            put(0, 1);
            put(4, DATA);
            put(8, words.into());
        }
        Verdict::Case(case, number) => match (callback, cased(callback, case)) {
            (Callback::WriteEnd, _) => {
                put(4, DATA);
                put(8, held(number));
            }
            (Callback::Header | Callback::Write | Callback::Read, 1) | (Callback::Opensocket, 1) => {
                put(4, 1);
                put(8, DATA);
                put(12, held(number));
            }
            (Callback::Opensocket, 2) => {
                put(4, 2);
                return connect_to(area, target(number));
            }
            (_, case) => {
                put(4, case.into());
                put(8, number);
            }
        },
    }
    area.extend([OWN; 128]);
    area
}

/// The case, where the callback has one of this number.
pub(super) fn cased(callback: Callback, case: u8) -> u8 {
    let cases = match callback {
        Callback::Read | Callback::Header | Callback::Write => 4,
        Callback::Seek | Callback::Ioctl | Callback::Sockopt | Callback::Opensocket => 3,
        Callback::SshKey => 5,
        Callback::Redirect => 2,
        _ => 1,
    };
    case % cases
}

/// A count of bytes that the guest has.
pub(super) fn held(number: u32) -> u32 {
    number.min(120)
}

/// The target that a number stands for; the one behind the last is no address.
pub(super) fn target(number: u32) -> usize {
    number as usize % (TARGETS + 1)
}

/// `connect-to`: at 8 which kind of address, at 12 where its bytes are.
fn connect_to(mut area: Vec<u8>, target: usize) -> Vec<u8> {
    let (tag, bytes, port) = match super::play::address(target) {
        Some(Address::Inet(inet)) => {
            let std::net::IpAddr::V4(ip) = inet.ip() else {
                return area;
            };
            (0, ip.octets().to_vec(), inet.port().to_le_bytes())
        }
        Some(Address::Unix(path)) => (1, path, [0; 2]),
        None => (0, vec![1; 5], [80, 0]),
    };
    let numbers = [
        (8, tag),
        (12, DATA),
        (16, bytes.len() as u32),
        (20, u16::from_le_bytes(port).into()),
    ];
    for (at, number) in numbers {
        if let Some(place) = area.get_mut(at..at + 4) {
            place.copy_from_slice(&u32::to_le_bytes(number));
        }
    }
    area.extend(bytes);
    area
}
