//! A job: a line of JSON.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::fields::{headers, limits, set_method, take, texts};
use super::folder;
use super::room::Place;
use crate::curl::LibcurlVersion;
use crate::escape::escape;
use crate::suggest;
use crate::transfer::{Body, TransferSpec};

/// The tenant of a job that names none.
const DEFAULT_TENANT: &str = "default";

const KEYS: [&str; 12] = [
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

/// A job that was read.
#[derive(Debug)]
pub(super) struct Job {
    /// A text or a number, as it was given; the line's number where it was not.
    pub(super) id: Value,
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
    pub(super) id: Value,
    pub(super) tenant: Option<String>,
    pub(super) url: String,
    pub(super) what: String,
    pub(super) _place: Option<Place>,
}

impl Fault {
    /// One sentence about this line.
    pub(super) fn new(line: u64, what: &str) -> Box<Fault> {
        Box::new(Fault {
            line,
            id: line.into(),
            tenant: None,
            url: String::new(),
            what: format!("line {line}: {what}"),
            _place: None,
        })
    }
}

impl Job {
    /// Reads a line, by its number.
    pub(super) fn read(line: u64, bytes: &[u8]) -> Result<Job, Box<Fault>> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            // serde counts lines of its own.
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or_default();
            Fault::new(line, &format!("column {}: {}", error.column(), escape(what)))
        })?;
        let Value::Object(mut fields) = value else {
            return Err(Fault::new(line, "it is no object: write {\"url\":\"…\"}"));
        };
        let mut fault = Fault::new(line, "");
        let job = Job::of(&mut fields, &mut fault);
        job.map_err(|what| {
            fault.what = format!("line {line}: {what}");
            fault
        })
    }

    /// What names the job is told to `fault` as soon as it is known.
    fn of(fields: &mut Map<String, Value>, fault: &mut Fault) -> Result<Job, String> {
        match fields.remove("id") {
            None | Some(Value::Null) => {}
            Some(id) if id.is_string() || id.is_u64() || id.is_i64() => fault.id = id,
            Some(_) => return Err("`id`: write a text or a whole number".to_owned()),
        }
        let tenant = take(fields, "tenant")?.unwrap_or_else(|| DEFAULT_TENANT.to_owned());
        fault.tenant = Some(tenant.clone());
        let url: Option<String> = take(fields, "url")?;
        fault.url = url.clone().unwrap_or_default();
        if let Some(unknown) = fields.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let hint = match suggest::nearest(unknown, KEYS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", KEYS.join(", ")),
            };
            return Err(format!("unknown field `{}`; {hint}", escape(unknown)));
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
            tenant,
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
    use crate::field::Header;

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
                "line 7: `id`: write a text or a whole number",
            ),
            (
                "{\"url\":\"x\",\"method\":\"A B\"}",
                "line 7: `method`: \"A B\" is none",
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
        assert_eq!((job.id, job.tenant.as_str()), ("a".into(), "acme"));
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
            (3.into(), "default", true)
        );
    }
}
