//! How far a batch is: a line on the terminal.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::curl::CurlCode;
use crate::transfer::Outcome;

/// How often it is drawn.
pub(super) const PERIOD: Duration = Duration::from_millis(250);

/// Says lines above it, from any thread.
#[derive(Clone, Debug)]
pub(super) struct Log(ProgressBar);

/// What has ended, and how.
#[derive(Debug, Default)]
pub(super) struct Tally {
    done: u64,
    failed: BTreeMap<String, u64>,
    bytes: u64,
}

/// The line.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    last: (Instant, u64),
}

impl Tally {
    /// One has ended, with so many bytes delivered.
    pub(super) fn ended(&mut self, outcome: &Outcome, bytes: u64) {
        self.bytes += bytes;
        self.done += 1;
        if outcome.code != CurlCode::OK {
            let cause = match &outcome.abort {
                Some(abort) => abort.cause.name(),
                None => outcome.name,
            };
            *self.failed.entry(cause.to_owned()).or_default() += 1;
        }
    }

    /// Where it stands.
    fn line(&self, running: usize, queued: usize) -> String {
        let failed: u64 = self.failed.values().sum();
        let mut line = format!(
            "running {running}, queued {queued}, done {}, failed {failed}",
            self.done
        );
        if failed > 0 {
            let causes: Vec<String> = self
                .failed
                .iter()
                .map(|(cause, count)| format!("{cause} {count}"))
                .collect();
            line += &format!(" ({})", causes.join(", "));
        }
        line
    }
}

impl Progress {
    /// A line on stderr, which hides itself where stderr is no terminal.
    pub(super) fn new() -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        Progress {
            bar,
            last: (Instant::now(), 0),
        }
    }

    /// Whether anybody sees it.
    pub(super) fn is_seen(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Draws it; `moving` bytes have come of what still runs.
    pub(super) fn draw(&mut self, tally: &Tally, running: usize, queued: usize, moving: u64) {
        let (at, before) = self.last;
        let now = tally.bytes + moving;
        let rate = now.saturating_sub(before) as f64 / at.elapsed().as_secs_f64().max(f64::EPSILON);
        self.last = (Instant::now(), now);
        let line = tally.line(running, queued);
        self.bar.set_message(format!("{line}, {}/s", HumanBytes(rate as u64)));
        self.bar.tick();
    }

    /// What lines are said with.
    pub(super) fn log(&self) -> Log {
        Log(self.bar.clone())
    }

    /// Leaves its last line there.
    pub(super) fn end(&self, tally: &Tally) {
        if self.is_seen() {
            self.bar.abandon_with_message(tally.line(0, 0));
        }
    }
}

impl Log {
    pub(super) fn say(&self, text: &str) {
        self.0.suspend(|| super::super::say(text));
    }
}
