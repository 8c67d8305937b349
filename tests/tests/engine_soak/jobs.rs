//! Transfers by lot: a plugin that fails in one of its callbacks, an origin that does, a sink that does.

use std::io;
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use fastrand::Rng;
use transferhost::{Body, BodyChannel, Callback, ChannelSink, Host, MemorySink, Plugin, Sink, Source, TransferSpec};
use transferhost_tests::guests::{guest, hostile};

use crate::origins::{Origins, WILD};
use crate::puppet::Puppet;

/// What `anywhere` is told to do in the one callback that is left to it; the last is none of what it knows, and aborts.
const ATTACKS: [&str; 10] = [
    "loop",
    "stack",
    "handles",
    "doze",
    "print",
    "exit",
    "reason",
    "argument",
    "questions",
    "abort",
];
/// Those that trap or grow their memory in one callback are named after both.
const KINDS: [&str; 2] = ["trap", "memory"];
/// Others, of which some end well.
const OTHERS: [&str; 9] = [
    "pause-long",
    "pause-turns",
    "pause-for-ever",
    "pause-read",
    "pause-grows",
    "read-endless",
    "huge-replace",
    "early",
    "finish-beyond",
];
const EXAMPLES: [&str; 5] = ["pass", "redactor", "sha256-gate", "socket-tracer", "upload-redactor"];

/// All plugins that may be drawn.
pub(crate) struct Lot {
    anywhere: Plugin,
    others: Vec<(String, Plugin)>,
}

/// A transfer that was drawn, before it has a tenant.
pub(crate) struct Drawn {
    pub(crate) plugin: Option<Plugin>,
    pub(crate) spec: TransferSpec,
    pub(crate) sink: Box<dyn Sink>,
    /// What takes the body, where somebody has to.
    pub(crate) reader: Reader,
    /// Nothing that was drawn makes it fail.
    pub(crate) is_good: bool,
    pub(crate) sink_panics: bool,
    /// For whoever asks what it was.
    pub(crate) words: String,
}

/// What is done with the other end of a channel until the transfer has ended.
#[derive(Debug)]
pub(crate) enum Reader {
    None,
    /// It is kept, and nothing is taken.
    Still(#[expect(dead_code, reason = "it is held")] BodyChannel),
    Reading(JoinHandle<()>),
}

/// A sink that takes little, and then fails in one of several ways.
struct Bad {
    left: usize,
    end: fn() -> io::Error,
}

impl Sink for Bad {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.left = self.left.checked_sub(bytes.len()).ok_or_else(self.end)?;
        Ok(())
    }
}

impl Lot {
    pub(crate) fn new(host: &Host) -> Self {
        let load = |path: &std::path::Path| {
            host.load(path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let mut others = Vec::new();
        for callback in Callback::ALL {
            for kind in KINDS {
                let name = format!("{kind}-{callback}");
                others.push((name.clone(), load(&hostile(&name))));
            }
        }
        others.extend(OTHERS.map(|name| (name.to_owned(), load(&hostile(name)))));
        others.extend(EXAMPLES.map(|name| (name.to_owned(), load(&guest(name)))));
        // Waits at each header line, and lets none by before its second time.
        let pauses = "(if (i32.and (call $next) (i32.const 1)) (then (return (call $case (i32.const 3) (i32.const 1))))) (call $ok)";
        let puppet = Puppet::new(&[("header", pauses)]);
        others.push(("pausing puppet".to_owned(), load(puppet.path())));
        Self {
            anywhere: load(&hostile("anywhere")),
            others,
        }
    }

    /// Draws one; `in_time` ends it by its own time, whatever becomes of it.
    pub(crate) fn draw(&self, random: &mut Rng, origins: &Origins, in_time: bool) -> Drawn {
        let mut spec = TransferSpec::default();
        let (plugin, name) = self.plugin(random, &mut spec);
        let path = random.choice(WILD).unwrap_or_default();
        let (url, is_good) = match random.u8(..3) {
            0 => (origins.good.url("/"), true),
            _ => (origins.wild.url(path), false),
        };
        let (body, upload) = body(random);
        let (sink, reader, of_sink) = sink(random);
        let time = Duration::from_millis(random.u64(20..600));
        let words = format!("{name}, {url}, {upload}, {of_sink}, {time:?}");
        let plain = plugin.is_none() && upload.is_empty() && of_sink == "memory";
        let spec = TransferSpec {
            url,
            body,
            follow: true,
            compressed: random.bool(),
            max_time: (in_time && !(is_good && plain)).then_some(time),
            ..spec
        };
        Drawn {
            plugin,
            spec,
            sink,
            reader,
            is_good: is_good && plain,
            sink_panics: of_sink == "panics",
            words,
        }
    }

    fn plugin(&self, random: &mut Rng, spec: &mut TransferSpec) -> (Option<Plugin>, String) {
        match random.u8(..10) {
            0..2 => (None, "no plugin".to_owned()),
            2..5 => {
                let attack = random.choice(ATTACKS).unwrap_or_default();
                let only = random.choice(Callback::ALL).unwrap_or(Callback::Write);
                let others = Callback::ALL.into_iter().filter(|callback| *callback != only);
                spec.without = others.collect();
                spec.config = vec![("attack".to_owned(), attack.to_owned())];
                (Some(self.anywhere.clone()), format!("{attack} in {only}"))
            }
            _ => {
                let (name, plugin) = &self.others[random.usize(..self.others.len())];
                (Some(plugin.clone()), name.clone())
            }
        }
    }
}

fn body(random: &mut Rng) -> (Body, &'static str) {
    let bytes = vec![b'u'; random.usize(..200_000)];
    match random.u8(..8) {
        0 => (Body::Post(bytes), "a post"),
        1 => (Body::Upload(Source::bytes(bytes)), "an upload"),
        2 => (Body::Upload(Source::stream(io::Cursor::new(bytes))), "a stream"),
        3 => (Body::Plugin, "what the plugin sends"),
        _ => (Body::None, ""),
    }
}

fn sink(random: &mut Rng) -> (Box<dyn Sink>, Reader, &'static str) {
    let bad = |left, end| Box::new(Bad { left, end });
    let left = random.usize(..60_000);
    match random.u8(..10) {
        0 => (bad(left, || io::Error::other("no more")), Reader::None, "refuses"),
        1 => (
            bad(left, || resume_unwind(Box::new("a sink of the caller's own"))),
            Reader::None,
            "panics",
        ),
        // Nobody ever wakes it.
        2 => (bad(left, || io::ErrorKind::WouldBlock.into()), Reader::None, "full"),
        3..6 => {
            let (sink, body) = ChannelSink::new(random.usize(1..4));
            let (pieces, pause) = (random.usize(..100), Duration::from_micros(random.u64(..3_000)));
            (Box::new(sink), Reader::Reading(read(body, pieces, pause)), "channel")
        }
        6 => {
            let (sink, body) = ChannelSink::new(1);
            (Box::new(sink), Reader::Still(body), "nobody reads")
        }
        _ => (Box::new(MemorySink::new(8 << 20)), Reader::None, "memory"),
    }
}

/// Takes so many pieces, each after a while, and goes away.
fn read(mut body: BodyChannel, pieces: usize, pause: Duration) -> JoinHandle<()> {
    thread::spawn(move || {
        for _ in 0..pieces {
            thread::sleep(pause);
            if body.wait_next().is_none() {
                return;
            }
        }
    })
}
