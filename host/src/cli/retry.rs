//! curl's `--retry`: whether a transfer that ended is tried again, and when.

use std::time::{Duration, Instant};

use crate::curl::{CurlCode, Info};
use crate::transfer::Outcome;

/// What the caller wishes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Retry {
    /// How often.
    pub(super) times: u32,
    /// How long is waited each time; `None` is a second, and twice as long each time.
    pub(super) delay: Option<Duration>,
    /// Until when, from the first time on.
    pub(super) max_time: Option<Duration>,
    /// After every failure.
    pub(super) all_errors: bool,
    /// After a connection that was refused.
    pub(super) connrefused: bool,
}

/// The longest that is waited where nobody says how long.
const LONGEST: Duration = Duration::from_secs(600);

/// A transfer that may be tried again.
pub(super) struct Tries {
    wish: Retry,
    begun: Instant,
    next: Duration,
    /// How often it was tried again so far.
    pub(super) count: u32,
}

impl Tries {
    pub(super) fn new(wish: Retry) -> Tries {
        Tries {
            wish,
            begun: Instant::now(),
            next: wish.delay.unwrap_or(Duration::from_secs(1)),
            count: 0,
        }
    }

    /// How long to wait before the next time, and why there is one.
    pub(super) fn again(&mut self, outcome: &Outcome) -> Option<(Duration, &'static str)> {
        if self.count >= self.wish.times {
            return None;
        }
        let why = reason(&self.wish, outcome)?;
        let asked = match number(outcome, "retry_after") {
            0 => None,
            seconds => Some(Duration::from_secs(seconds)),
        };
        let wait = asked.unwrap_or(self.next);
        if self
            .wish
            .max_time
            .is_some_and(|most| self.begun.elapsed() + wait > most)
        {
            return None;
        }
        if self.wish.delay.is_none() {
            self.next = (self.next * 2).min(LONGEST);
        }
        self.count += 1;
        Some((wait, why))
    }

    /// How often it is tried yet.
    pub(super) fn left(&self) -> u32 {
        self.wish.times - self.count
    }
}

/// Why it is worth another try. What a plugin or the policy ended, they would end again.
fn reason(wish: &Retry, outcome: &Outcome) -> Option<&'static str> {
    if outcome.abort.is_some() || outcome.finished {
        return None;
    }
    let ftp = outcome.url.starts_with("ftp");
    match outcome.code {
        CurlCode::OPERATION_TIMEDOUT => Some("timeout"),
        CurlCode::COULDNT_RESOLVE_HOST | CurlCode::COULDNT_RESOLVE_PROXY => Some("name resolution"),
        CurlCode::COULDNT_CONNECT if wish.connrefused && refused(outcome) => Some("connection refused"),
        CurlCode::OK | CurlCode::HTTP_RETURNED_ERROR
            if matches!(outcome.status, 408 | 429 | 500 | 502 | 503 | 504 | 522 | 524) =>
        {
            Some("HTTP error")
        }
        code if ftp && code != CurlCode::OK && (400..500).contains(&outcome.status) => Some("FTP error"),
        CurlCode::OK => None,
        _ if wish.all_errors => Some("(retrying all errors)"),
        _ => None,
    }
}

fn refused(outcome: &Outcome) -> bool {
    i32::try_from(number(outcome, "os_errno")).is_ok_and(|errno| errno == rustix::io::Errno::CONNREFUSED.raw_os_error())
}

fn number(outcome: &Outcome, name: &str) -> u64 {
    match outcome.info.iter().find(|(told, _)| *told == name) {
        Some((_, Info::Number(number))) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}
