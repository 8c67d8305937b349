//! What libcurl knew of a transfer in the end.

use std::time::Duration;

use super::attached::{self, Attached, Moment};
use super::{ASIDE, Info, NAMES};

/// What libcurl knew of a transfer in the end, copied.
#[derive(Clone, Debug, Default)]
pub(crate) struct InfoSnapshot {
    /// All values that it had, by their names.
    pub(crate) values: Vec<(&'static str, Info)>,
    /// The certificates that the server showed, its own first, each as lines of `Name:value`, where CURLOPT_CERTINFO asks for
    /// them.
    pub(crate) certificates: Vec<Vec<String>>,
    /// The cookies that are kept, each a line as a file of them has it; they are copied when the handle is removed.
    pub(crate) cookies: Vec<String>,
    /// Whether nothing came because nothing is newer, or other, than was asked for.
    pub(crate) condition_unmet: bool,
}

impl InfoSnapshot {
    /// All but the cookies.
    pub(super) fn of(attached: &Attached) -> InfoSnapshot {
        let names = NAMES.iter().chain(ASIDE);
        InfoSnapshot {
            values: names
                .filter_map(|name| Some((name.0, attached::value(attached, name, Moment::Over)?)))
                .collect(),
            certificates: attached::certificates(attached),
            cookies: Vec::new(),
            condition_unmet: attached::condition_unmet(attached),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Info> {
        self.values
            .iter()
            .find(|(told, _)| *told == name)
            .map(|(_, value)| value)
    }

    /// libcurl's clock of a transfer stands still while nothing of it moves: one that is taken out took at least so long.
    pub(super) fn took(&mut self, least: Duration) {
        let total = self.values.iter_mut().find(|(told, _)| *told == "time_total");
        if let Some((_, Info::Seconds(seconds))) = total {
            *seconds = seconds.max(least.as_secs_f64());
        }
    }

    /// The value of this name as a number; 0 where there is none.
    pub(crate) fn number(&self, name: &str) -> i64 {
        super::number(self.get(name))
    }

    /// The value of this name as seconds; 0 where there is none.
    pub(crate) fn seconds(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(Info::Seconds(seconds)) => *seconds,
            _ => 0.0,
        }
    }

    /// The value of this name as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Info::Text(text)) => Some(text),
            _ => None,
        }
    }
}
