//! How a transfer ended: one shape everywhere, its keys stable.

use std::collections::BTreeMap;

use serde::Serialize;

use super::code::{Occasion, code};
use super::dispatch::Dispatch;
use super::ended::Ended;
use super::guests::{Seat, Who};
use super::message;
pub use super::seconds::Seconds;
use super::spec::SpecError;
use crate::callback::Callback;
use crate::cause::{Blame, Cause};
use crate::curl::{CurlCode, Info, InfoSnapshot};
use crate::escape::escape;
use crate::guest::{Plugin, done};

/// How a transfer ended. Serialises to the outcome's JSON.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The CURLcode, our own function of the callback and the cause where there was an abort.
    pub code: CurlCode,
    /// Its name, such as `CURLE_WRITE_ERROR`.
    pub name: &'static str,
    /// What libcurl itself ended with; `null` where it was taken out before it ended.
    pub libcurl_code: Option<CurlCode>,
    /// One sentence; empty after a success.
    pub message: String,
    /// The URL that was asked for, without credentials.
    pub url: String,
    /// The URL of the last response, after redirects, without credentials.
    pub effective_url: String,
    /// The last response's status; 0 where there was none.
    pub status: u16,
    /// The bytes that moved.
    pub bytes: Bytes,
    /// When what happened, since the beginning.
    pub seconds: Seconds,
    /// What the guest used; `null` without a plugin.
    pub guest: Option<GuestReport>,
    /// What the operator's guest used; `null` where none stood before the plugin.
    pub operator: Option<GuestReport>,
    /// Why the transfer was ended; `null` where libcurl ended it by itself.
    pub abort: Option<Abort>,
    /// What libcurl knows of it, by the names of curl's `-w`, credentials in URLs and all; empty where it never
    /// began.
    #[serde(skip)]
    pub info: Vec<(&'static str, Info)>,
    /// The certificates that the server showed, its own first, each as lines of `Name:value`; see `Tls`.
    #[serde(skip)]
    pub certificates: Vec<Vec<String>>,
    /// The cookies that are kept in the end, each a line as a file of them has it; see `Cookies`.
    #[serde(skip)]
    pub cookies: Vec<String>,
    /// Whether the reader of a pipe went away, which curl does not speak of.
    #[serde(skip)]
    pub broken_pipe: bool,
    /// Whether a plugin ended the transfer as a success before its end (`finish`): another try would end the same way.
    #[serde(skip)]
    pub finished: bool,
}

/// The bytes that moved, each counted on its own.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bytes {
    /// Delivered to the sink, shown headers included.
    pub delivered: u64,
    /// Received by the write callback, after decoding.
    pub received: u64,
    /// Sent, without headers.
    pub uploaded: u64,
}

/// What a guest used.
#[derive(Clone, Debug, Serialize)]
pub struct GuestReport {
    /// The plugin's file name.
    pub plugin: String,
    /// `sha256:` and the digest of its file.
    pub digest: String,
    /// Fuel in all, instantiation included.
    pub fuel: u64,
    /// The most bytes that its memories had together.
    pub memory_peak: u64,
    /// Each callback that was called.
    pub calls: BTreeMap<&'static str, Calls>,
}

/// The calls of one callback.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Calls {
    /// How many.
    pub count: u64,
    /// The fuel that they burned.
    pub fuel: u64,
    /// The time that they took.
    pub seconds: f64,
}

/// Why a transfer was ended.
#[derive(Clone, Debug, Serialize)]
pub struct Abort {
    /// The callback; `null` where none was running.
    pub callback: Option<Callback>,
    /// The cause.
    pub cause: Cause,
    /// The limit that was reached, in its own unit.
    pub limit: Option<u64>,
    /// What was used of it.
    pub used: Option<u64>,
    /// The words that came with it, escaped.
    pub reason: Option<String>,
    /// The plugin's file name: the operator's where it was that one's doing.
    pub plugin: Option<String>,
    /// Whose doing it was.
    pub blame: Blame,
    /// The guest's frames, innermost first.
    pub backtrace: Vec<String>,
}

impl Abort {
    /// With nothing but its cause.
    pub(crate) fn of(cause: Cause) -> Abort {
        Abort {
            callback: None,
            cause,
            limit: None,
            used: None,
            reason: None,
            plugin: None,
            blame: cause.blame(),
            backtrace: Vec::new(),
        }
    }
}

impl Outcome {
    /// The outcome of a transfer whose specification cannot be carried out.
    pub(crate) fn refused(url: &str, error: &SpecError) -> Outcome {
        let code = match error.url {
            true => CurlCode::URL_MALFORMAT,
            false => CurlCode::FAILED_INIT,
        };
        Outcome::unbegun(url, code, error.to_string(), None)
    }

    /// The outcome of a transfer whose host panicked where nothing of it is left to tell more.
    pub(crate) fn panicked(url: &str, words: &str) -> Outcome {
        let words = escape(words);
        let message = format!("transferhost failed: {words}; this is a bug of its own, please report it");
        let abort = Abort {
            reason: Some(words),
            ..Abort::of(Cause::HostPanic)
        };
        Outcome::unbegun(url, CurlCode::FAILED_INIT, message, Some(abort))
    }

    /// The outcome of a transfer that was cancelled before it began.
    pub(crate) fn cancelled(url: &str) -> Outcome {
        let cause = Cause::Cancelled;
        let message = "the transfer was cancelled before it began".to_owned();
        Outcome::unbegun(url, code(None, Occasion::Any, cause), message, Some(Abort::of(cause)))
    }

    /// The outcome of a transfer that never began: its plugin could not be loaded, or its URL not be read.
    pub(crate) fn unbegun(url: &str, code: CurlCode, message: String, abort: Option<Abort>) -> Outcome {
        // Where the URL cannot be read, what stands before its last @ may be a password.
        let url = message::public_url(url).unwrap_or_else(|| message::after_credentials(url).to_owned());
        Outcome {
            code,
            name: code.name(),
            libcurl_code: None,
            message,
            url: escape(&url),
            effective_url: escape(&url),
            status: 0,
            bytes: Bytes {
                delivered: 0,
                received: 0,
                uploaded: 0,
            },
            seconds: Seconds {
                queued: 0.0,
                name_lookup: 0.0,
                connect: 0.0,
                tls: 0.0,
                first_byte: 0.0,
                total: 0.0,
                paused: 0.0,
            },
            guest: None,
            operator: None,
            abort,
            info: Vec::new(),
            certificates: Vec::new(),
            cookies: Vec::new(),
            broken_pipe: false,
            finished: false,
        }
    }

    /// What `done` is told.
    pub(super) fn for_guest(&self) -> done::Outcome {
        let Bytes {
            delivered,
            received,
            uploaded,
        } = self.bytes;
        done::Outcome {
            code: self.code.number(),
            name: self.name.to_owned(),
            status: self.status,
            bytes: done::Bytes {
                delivered,
                received,
                uploaded,
            },
            abort: self.abort.as_ref().map(|abort| done::Aborted {
                callback: abort
                    .callback
                    .map(|callback| callback.name().to_owned())
                    .unwrap_or_default(),
                cause: abort.cause.to_string(),
                reason: abort.reason.clone(),
            }),
        }
    }
}

/// The outcome as it is now.
pub(super) fn of(
    dispatch: &Dispatch,
    libcurl_code: Option<CurlCode>,
    info: Option<&InfoSnapshot>,
    words: &str,
    url: &str,
    plugin: Option<&Plugin>,
) -> Outcome {
    let operator = dispatch.guests.plugin.get();
    let name_of = |ended: &Ended| {
        let plugin = match ended.by {
            Who::Operator => operator,
            Who::Tenant => plugin,
        };
        plugin.map(|plugin| plugin.name().to_owned())
    };
    let refused = dispatch.refused.borrow();
    let code_of = |ended: &Ended| code(ended.callback, dispatch.upload.occasion.get(), ended.failure.cause);
    let finished = dispatch.finished.get();
    let ended = match (dispatch.latch.first(), libcurl_code) {
        (Some(ended), _) => Some(ended),
        // A no counts where libcurl had nothing else to try, and so ends with that callback's code.
        // For the socket that active FTP listens on, libcurl has a code of FTP's own.
        (None, libcurl) if !finished => refused.as_ref().filter(|refused| {
            let of_ftp = refused.callback == Some(Callback::Opensocket) && libcurl == Some(CurlCode::FTP_PORT_FAILED);
            of_ftp || libcurl == Some(code_of(refused))
        }),
        (None, _) => None,
    };
    let code = match (ended, libcurl_code) {
        (Some(ended), _) => code_of(ended),
        (None, _) if finished => CurlCode::OK,
        (None, code) => code.unwrap_or(CurlCode::FAILED_INIT),
    };
    let number = |name| info.map_or(0, |info| info.number(name));
    let seconds = |name| info.map_or(0.0, |info| info.seconds(name));
    let received = dispatch.output.received.get();
    // libcurl counts what frames a chunked body too.
    let handed = dispatch.upload.is_begun().then(|| dispatch.upload.handed());
    let message = match ended {
        Some(ended) => {
            let sends = matches!(ended.callback, Some(Callback::Read | Callback::Seek | Callback::Ioctl));
            let bytes = if sends { handed.unwrap_or(0) } else { received };
            message::of(ended, name_of(ended).as_deref(), bytes)
        }
        None if code == CurlCode::OK => String::new(),
        None if words.is_empty() => code.describe().to_owned(),
        None => escape(words),
    };
    let effective = info
        .and_then(|info| info.text("url_effective"))
        .and_then(message::public_url);
    Outcome {
        code,
        name: code.name(),
        libcurl_code,
        message,
        url: escape(url),
        effective_url: escape(&effective.unwrap_or_else(|| url.to_owned())),
        status: u16::try_from(number("response_code")).unwrap_or(0),
        bytes: Bytes {
            delivered: dispatch.output.delivered.get(),
            received,
            uploaded: u64::try_from(number("size_upload"))
                .unwrap_or(0)
                .min(handed.unwrap_or(u64::MAX)),
        },
        seconds: Seconds {
            queued: 0.0,
            name_lookup: seconds("time_namelookup"),
            connect: seconds("time_connect"),
            tls: seconds("time_appconnect"),
            first_byte: seconds("time_starttransfer"),
            total: seconds("time_total"),
            paused: dispatch.pause.spent().as_secs_f64(),
        },
        guest: plugin.map(|plugin| report(&dispatch.guests.tenant, plugin)),
        operator: operator.map(|plugin| report(&dispatch.guests.operator, plugin)),
        abort: ended.map(|ended| abort(ended, name_of(ended))),
        info: info.map(|info| info.values.clone()).unwrap_or_default(),
        certificates: info.map(|info| info.certificates.clone()).unwrap_or_default(),
        cookies: info
            .filter(|_| dispatch.suffixes.kept)
            .map(|info| info.cookies.clone())
            .unwrap_or_default(),
        broken_pipe: dispatch.output.broken_pipe.get(),
        finished: finished && ended.is_none(),
    }
}

fn abort(ended: &Ended, plugin: Option<String>) -> Abort {
    let failure = &ended.failure;
    Abort {
        callback: ended.callback,
        cause: failure.cause,
        limit: failure.limit,
        used: failure.used,
        reason: failure.reason.as_deref().map(escape),
        plugin,
        blame: failure.cause.blame(),
        backtrace: failure.backtrace.iter().map(|frame| escape(frame)).collect(),
    }
}

fn report(seat: &Seat, plugin: &Plugin) -> GuestReport {
    let guest = seat.guest.borrow();
    let guest = guest.as_ref();
    let calls = |(callback, stats): (Callback, crate::guest::CallStats)| {
        (
            callback.name(),
            Calls {
                count: stats.count,
                fuel: stats.fuel,
                seconds: stats.time.as_secs_f64(),
            },
        )
    };
    GuestReport {
        plugin: plugin.name().to_owned(),
        digest: plugin.digest().to_owned(),
        fuel: guest.map_or(0, |guest| guest.fuel_spent()),
        memory_peak: guest.map_or(0, |guest| guest.memory_peak()),
        calls: guest
            .map(|guest| guest.calls().iter().map(calls).collect())
            .unwrap_or_default(),
    }
}
