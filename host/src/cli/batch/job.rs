//! A job: a line of JSON.

use std::path::PathBuf;

use serde_json::Value;

use super::caps::HEADER_NAME;
use super::fields::{headers, limits, set_method, take, texts};
use super::given::Given;
use super::id::JobId;
use super::room::Place;
use super::{folder, given};
use crate::curl::LibcurlVersion;
use crate::escape::{cut, escape};
use crate::field::Header;
use crate::transfer::{Body, TransferSpec};

/// The tenant of a job that names none.
const DEFAULT_TENANT: &str = "default";

/// The fields that there are; each has its shape in `given`.
pub(super) const KEYS: [&str; 12] = [
    "id",
    "tenant",
    "url",
    "method",
    "headers",
    "body",
    "body_file",
    "plugin",
    "set",
    "limits",
    "output",
    "follow",
];

/// What the host keeps for any job besides: its task, its channel, its places in queues and tables.
const UNDERWAY: u64 = 2 << 10;

/// The longest sentence of an outcome about a line: some quote what they are about.
pub(super) const SENTENCE: usize = 4 << 10;

/// A sentence, or its front where it is too long.
pub(super) fn sentence(what: &str) -> String {
    match cut(what, SENTENCE) {
        front if front.len() < what.len() => format!("{front}…"),
        whole => whole.to_owned(),
    }
}

/// A job that was read.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) tenant: String,
    /// Its plugin, as the job names it.
    pub(super) plugin: Option<String>,
    pub(super) spec: TransferSpec,
    pub(super) body_file: Option<String>,
    /// Limits that it lowers.
    pub(super) limits: Vec<(String, String)>,
    pub(super) output: Output,
    /// What it takes of the room; there as soon as it has one.
    pub(super) place: Option<Place>,
}

/// Where a job's body goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// Nowhere.
    Nowhere,
    /// Into the outcome.
    Inline,
    /// Into a file.
    File(PathBuf),
}

/// A line that is no job.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) id: JobId,
    pub(super) tenant: Option<String>,
    pub(super) url: String,
    pub(super) what: String,
    pub(super) _place: Option<Place>,
}

impl Fault {
    /// The bytes that it keeps until its outcome is written.
    pub(super) fn kept(&self) -> u64 {
        let texts = [Some(&self.url), Some(&self.what), self.tenant.as_ref()];
        let texts: usize = texts.into_iter().flatten().map(String::capacity).sum();
        (size_of::<Fault>() + self.id.kept() + texts) as u64
    }

    /// One sentence about this line.
    pub(super) fn new(line: u64, what: &str) -> Box<Fault> {
        Box::new(Fault {
            line,
            id: JobId::of_line(line),
            tenant: None,
            url: String::new(),
            what: format!("line {line}: {what}"),
            _place: None,
        })
    }
}

impl Job {
    /// The bytes that it keeps until it has its outcome, wherever it waits or runs.
    pub(super) fn kept(&self) -> u64 {
        let paths = match &self.output {
            Output::File(path) => path.capacity(),
            Output::Nowhere | Output::Inline => 0,
        };
        let texts = [&self.plugin, &self.body_file, &self.spec.method, &self.spec.user_agent];
        let texts: usize = texts.into_iter().flatten().map(String::capacity).sum();
        let headers: usize = self.spec.headers.iter().map(Header::kept).sum();
        let pairs = self.limits.iter().chain(&self.spec.config);
        let pairs: usize = pairs.map(|(key, value)| key.capacity() + value.capacity()).sum();
        let entries = self.spec.headers.capacity() * size_of::<Header>()
            + (self.limits.capacity() + self.spec.config.capacity()) * size_of::<(String, String)>();
        let body = match &self.spec.body {
            Body::Post(bytes) => bytes.capacity(),
            _ => 0,
        };
        // Its names stand in its place among those that run, too.
        let names = 2 * (self.id.kept() + self.tenant.capacity());
        let all = names + self.spec.url.capacity() + texts + headers + pairs + entries + body + paths;
        (size_of::<Job>() + all) as u64 + UNDERWAY
    }

    /// Reads a line, by its number.
    pub(super) fn read(line: u64, bytes: &[u8]) -> Result<Job, Box<Fault>> {
        let given = given::read(bytes).map_err(|error| {
            // serde counts lines of its own.
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or_default();
            Fault::new(line, &format!("column {}: {}", error.column(), escape(what)))
        })?;
        let Some(mut given) = given else {
            return Err(Fault::new(line, "it is no object: write {\"url\":\"…\"}"));
        };
        let mut fault = Fault::new(line, "");
        let job = Job::of(&mut given, &mut fault);
        job.map_err(|what| {
            fault.what = sentence(&format!("line {line}: {what}"));
            fault
        })
    }

    /// What names the job is told to `fault` as soon as it is known.
    fn of(given: &mut Given, fault: &mut Fault) -> Result<Job, String> {
        let Given { fields, unread, wrong } = given;
        match fields.remove("id") {
            None | Some(Value::Null) => {}
            Some(id) => fault.id = JobId::given(id).ok_or("`id`: write a text or a whole number of at most 64 bits")?,
        }
        let tenant: Option<String> = take(fields, "tenant")?;
        // One that is there and cannot be read is nobody's.
        if !unread.contains("tenant") {
            fault.tenant = Some(tenant.unwrap_or_else(|| DEFAULT_TENANT.to_owned()));
        }
        let url: Option<String> = take(fields, "url")?;
        fault.url = url.clone().unwrap_or_default();
        if let Some(wrong) = wrong.take() {
            return Err(wrong);
        }
        let mut spec = TransferSpec {
            url: url.ok_or("it has no `url`")?,
            headers: headers(fields.remove("headers"))?,
            config: texts(fields, "set")?,
            follow: take(fields, "follow")?.unwrap_or_default(),
            // As `run` says it.
            user_agent: Some(format!("curl/{}", LibcurlVersion::get().version)),
            ..TransferSpec::default()
        };
        let longest = |header: &&Header| header.name().len() > HEADER_NAME.most;
        if let Some(header) = spec.headers.iter().find(longest) {
            let over = HEADER_NAME.over(Some(header.name().len()));
            return Err(format!("`headers`: {over}"));
        }
        let body: Option<String> = take(fields, "body")?;
        let body_file: Option<String> = take(fields, "body_file")?;
        if body.is_some() && body_file.is_some() {
            return Err("it has a `body` and a `body_file`: write one of them".to_owned());
        }
        let sends = body.is_some() || body_file.is_some();
        set_method(&mut spec, take(fields, "method")?, sends, body_file.is_some())?;
        if let Some(body) = body {
            spec.body = Body::Post(body.into_bytes());
        }
        let output: Option<String> = take(fields, "output")?;
        let output = match output.as_deref() {
            None => Output::Nowhere,
            Some("inline") => Output::Inline,
            Some(path) => Output::File(folder::beneath(path).map_err(|why| format!("`output`: {why}"))?),
        };
        Ok(Job {
            id: fault.id.clone(),
            tenant: fault.tenant.clone().unwrap_or_default(),
            plugin: take(fields, "plugin")?,
            spec,
            body_file,
            limits: limits(fields)?,
            output,
            place: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> String {
        Job::read(7, line.as_bytes())
            .map(|job| format!("{job:?}"))
            .unwrap_err()
            .what
    }

    #[test]
    fn slips_are_named_with_the_line() {
        for (line, said) in [
            ("{\"url\":", "line 7: column 7: EOF while parsing a value"),
            ("[]", "line 7: it is no object: write {\"url\":\"…\"}"),
            ("{}", "line 7: it has no `url`"),
            ("{\"ulr\":\"x\"}", "line 7: unknown field `ulr`; did you mean `url`?"),
            (
                "{\"url\":5}",
                "line 7: `url`: invalid type: integer `5`, expected a string",
            ),
            (
                "{\"url\":\"x\",\"id\":[]}",
                "line 7: `id`: write a text or a whole number of at most 64 bits",
            ),
            (
                "{\"url\":\"x\",\"method\":\"A B\"}",
                "line 7: `method`: \"A B\" is no token: write a method such as GET",
            ),
            (
                "{\"url\":\"x\",\"body\":\"\",\"body_file\":\"\"}",
                "line 7: it has a `body` and a `body_file`: write one of them",
            ),
            (
                "{\"url\":\"x\",\"output\":\"../x\"}",
                "line 7: `output`: \"../x\" leads out of its folder",
            ),
            (
                "{\"url\":\"x\",\"headers\":[\"X\"]}",
                "line 7: `headers`: the header \"X\" has no colon: write `Name: value`",
            ),
        ] {
            assert_eq!(wrong(line), said, "{line}");
        }
        assert!(Job::read(1, b"\xff{}").is_err());
    }

    #[test]
    fn a_job_is_what_it_says() {
        let line = r#"{"id":"a","tenant":"acme","url":"http://h/","headers":{"X-A":["1","2"],"Accept":null},"body":"b",
            "set":{"k":"v"},"limits":{"fuel":5},"output":"inline","plugin":"p.wasm"}"#;
        let job = Job::read(1, line.as_bytes()).unwrap();
        assert_eq!((job.id.to_string().as_str(), job.tenant.as_str()), ("\"a\"", "acme"));
        let set = |value: &str| Header::set("X-A", value).unwrap();
        assert_eq!(
            job.spec.headers,
            [Header::remove("Accept").unwrap(), set("1"), set("2")]
        );
        assert!(matches!(job.spec.body, Body::Post(body) if body == b"b"));
        assert_eq!(job.spec.config, [("k".to_owned(), "v".to_owned())]);
        assert_eq!(job.limits, [("fuel".to_owned(), "5".to_owned())]);
        assert_eq!(job.output, Output::Inline);
        // Without an id it is the line's number.
        let job = Job::read(3, b"{\"url\":\"x\",\"method\":\"HEAD\"}").unwrap();
        assert_eq!(
            (job.id, job.tenant.as_str(), job.spec.http.head),
            (JobId::of_line(3), "default", true)
        );
    }

    /// More than the line has: 30 bytes of a setting are two texts and their places.
    #[test]
    fn what_is_kept_is_counted() {
        let settings = |count: usize| -> String { (0..count).map(|n| format!("\"k{n:05}\":\"\",")).collect() };
        let line = |count: usize| format!("{{\"url\":\"x\",\"set\":{{{}\"z\":\"\"}}}}", settings(count));
        let small = Job::read(1, line(0).as_bytes()).unwrap().kept();
        let (count, line_of_255) = (255, line(255));
        let large = Job::read(1, line_of_255.as_bytes()).unwrap().kept();
        // The vector of the small one has room for four.
        assert!(large - small >= (count - 4) * (48 + 6), "{small} {large}");
        assert!(large > line_of_255.len() as u64);
        // Of 80,000 nothing but the sentence.
        let fault = Job::read(1, line(80_000).as_bytes()).map(|job| job.kept()).unwrap_err();
        assert!(fault.kept() < 1_000, "{}", fault.kept());
        let body = format!("{{\"url\":\"x\",\"body\":\"{}\"}}", "b".repeat(1 << 20));
        assert!(Job::read(1, body.as_bytes()).unwrap().kept() > 1 << 20);
    }
}
