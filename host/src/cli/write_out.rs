//! curl's `-w`: what is known of a transfer when it is over, by the names of curl's variables.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::parse_strftime_owned;

use super::output::Heads;
use crate::curl::{CurlCode, Info, InfoName, Part, Url, version_text};
use crate::transfer::Outcome;

/// What the variables are read from.
pub(super) struct Facts<'a> {
    pub(super) outcome: &'a Outcome,
    /// The URL as it was asked for.
    pub(super) url: &'a str,
    /// Which of the run's URLs it is, from 0 on.
    pub(super) number: usize,
    /// How often it was tried again.
    pub(super) retries: u32,
    /// The file that the body went to.
    pub(super) filename: Option<String>,
    pub(super) heads: &'a Heads,
}

/// The variables that are not libcurl's own.
const OWN: &[&str] = &[
    "certs",
    "errormsg",
    "exitcode",
    "filename_effective",
    "num_certs",
    "num_headers",
    "num_retries",
    "url",
    "urlnum",
];

/// The parts of a URL, behind `url.` as it was asked for, and behind `urle.` as it was in the end.
const PARTS: &[(&str, Part)] = &[
    ("fragment", Part::Fragment),
    ("host", Part::Host),
    ("options", Part::Options),
    ("password", Part::Password),
    ("path", Part::Path),
    ("port", Part::Port),
    ("query", Part::Query),
    ("scheme", Part::Scheme),
    ("user", Part::User),
    ("zoneid", Part::Zone),
];

/// Writes what the format says.
pub(super) fn write(format: &str, facts: &Facts<'_>) -> io::Result<()> {
    let mut to: Box<dyn Write> = Box::new(io::stdout());
    let mut rest = format;
    while let Some(at) = rest.find(['%', '\\']) {
        to.write_all(&rest.as_bytes()[..at])?;
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("%{") {
            let Some((name, after)) = after.split_once('}') else {
                to.write_all(b"%{")?;
                rest = after;
                continue;
            };
            rest = after;
            match name {
                "onerror" if facts.outcome.code == CurlCode::OK => break,
                "onerror" => {}
                "stdout" => to = Box::new(io::stdout()),
                "stderr" => to = Box::new(io::stderr()),
                "json" => write!(to, "{}", all(facts))?,
                "header_json" => write!(to, "{}", headers(facts))?,
                name => match facts.value(name) {
                    Some(value) => write!(to, "{}", shown(name, value))?,
                    None => super::say(&format!("unknown --write-out variable: '{name}'")),
                },
            }
        } else if let Some(after) = rest.strip_prefix("%header{") {
            rest = header(after, facts, &mut to)?;
        } else if let Some((format, after)) = rest.strip_prefix("%time{").and_then(|it| it.split_once('}')) {
            to.write_all(time(format, OffsetDateTime::now_utc()).as_bytes())?;
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix("%output{").and_then(|it| it.split_once('}')) {
            to = Box::new(opened(name).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("%output{{{}}}: {error}", crate::escape::escape(name)),
                )
            })?);
            rest = after;
        } else {
            let (bytes, length) = escape(rest);
            to.write_all(bytes)?;
            rest = &rest[length..];
        }
    }
    if !rest.contains(['%', '\\']) {
        to.write_all(rest.as_bytes())?;
    }
    to.flush()
}

/// `%time{FORMAT}`: the time, which is UTC, by a format of strftime; what is no conversion stays as it stands there. As
/// curl has it, `%f` is the microseconds.
fn time(format: &str, now: OffsetDateTime) -> String {
    let mut shown = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut letters = rest.char_indices().skip(1);
        // A flag, as glibc has them, stands before its letter.
        let (letter, end) = match letters.find(|(_, letter)| !"_-0^".contains(*letter)) {
            Some((at, letter)) => (letter, at + letter.len_utf8()),
            None => break,
        };
        let conversion = &rest[..end];
        rest = &rest[end..];
        match letter {
            'f' => shown.push_str(&format!("{:06}", now.microsecond())),
            'Z' => shown.push_str("UTC"),
            _ => {
                let read = parse_strftime_owned(conversion).ok();
                let text = read.and_then(|format| now.format(&format).ok());
                shown.push_str(text.as_deref().unwrap_or(conversion));
            }
        }
    }
    shown + rest
}

/// What stands for a character behind `%` or `\`, and how much of the format that takes.
fn escape(rest: &str) -> (&[u8], usize) {
    let length = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
    let bytes: &[u8] = match &rest[..length] {
        "%%" => b"%",
        "\\n" => b"\n",
        "\\r" => b"\r",
        "\\t" => b"\t",
        other => other.as_bytes(),
    };
    (bytes, length)
}

/// The files that a format names.
pub(super) fn outputs(format: &str) -> impl Iterator<Item = &Path> {
    let named = format.split("%output{").skip(1).filter_map(|rest| rest.split_once('}'));
    named.map(|(name, _)| Path::new(name.strip_prefix(">>").unwrap_or(name)))
}

/// The file of `%output{}`; behind `>>` it is written on.
fn opened(name: &str) -> io::Result<File> {
    match name.strip_prefix(">>") {
        Some(name) => File::options().create(true).append(true).open(name),
        None => File::create(name),
    }
}

/// `%header{NAME}` is the last response's; `%header{NAME:all:SEPARATOR}` is every response's. Answers what follows.
fn header<'f>(after: &'f str, facts: &Facts<'_>, to: &mut dyn Write) -> io::Result<&'f str> {
    let closing = |(at, _): &(usize, &str)| !after[..*at].ends_with('\\');
    let Some(end) = after.match_indices('}').find(closing).map(|(at, _)| at) else {
        to.write_all(b"%header{")?;
        return Ok(after);
    };
    let asked = &after[..end];
    match asked.split_once(":all:") {
        Some((name, separator)) => {
            let separator = separator.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
            let separator = separator.replace("\\}", "}");
            let values: Vec<String> = facts.heads.values(name).into_iter().flatten().collect();
            to.write_all(values.join(&separator).as_bytes())?;
        }
        None => {
            let last = facts.heads.values(asked).pop().unwrap_or_default();
            to.write_all(last.first().map_or("", String::as_str).as_bytes())?;
        }
    }
    Ok(&after[end + 1..])
}

impl Facts<'_> {
    /// The value of this name; `None` where there is no such variable.
    fn value(&self, name: &str) -> Option<Info> {
        let number = |number: usize| Info::Number(i64::try_from(number).unwrap_or(i64::MAX));
        let text = |text: Option<String>| Info::Text(text.unwrap_or_default());
        Some(match name {
            "certs" => Info::Text(certificates(&self.outcome.certificates)),
            "num_certs" => number(self.outcome.certificates.len()),
            "errormsg" => Info::Text(self.outcome.message.clone()),
            "exitcode" => Info::Number(self.outcome.code.number().into()),
            "filename_effective" => text(self.filename.clone()),
            "num_headers" => number(self.heads.last().len()),
            "num_retries" => Info::Number(self.retries.into()),
            "url" => Info::Text(self.url.to_owned()),
            "urlnum" => number(self.number),
            _ => match name.split_once('.') {
                Some((of, part)) => text(self.part(of, part)?),
                None => self.of_libcurl(name)?,
            },
        })
    }

    /// What libcurl told; where it never began, or does not know it, nothing or 0.
    fn of_libcurl(&self, name: &str) -> Option<Info> {
        let known = InfoName::find(name)?;
        let told = self.outcome.info.iter().find(|(told, _)| *told == name);
        Some(told.map_or_else(|| known.nothing(), |(_, value)| value.clone()))
    }

    fn part(&self, of: &str, part: &str) -> Option<Option<String>> {
        let part = PARTS.iter().find(|(name, _)| *name == part)?.1;
        let url = match of {
            "url" => self.url.to_owned(),
            "urle" => match self.of_libcurl("url_effective") {
                Some(Info::Text(url)) => url,
                _ => String::new(),
            },
            _ => return None,
        };
        Some(Url::parse(&url).ok().and_then(|url| url.get(part)))
    }
}

/// Their lines, without the name of the certificate itself.
fn certificates(all: &[Vec<String>]) -> String {
    let plain = |line: &String| {
        let own = line
            .split_at_checked(5)
            .filter(|(name, _)| name.eq_ignore_ascii_case("cert:"));
        let text = own.map_or(line.as_str(), |(_, certificate)| certificate);
        if text.ends_with('\n') {
            text.to_owned()
        } else {
            format!("{text}\n")
        }
    };
    all.iter().flatten().map(plain).collect()
}

/// As curl writes it: statuses in three digits, times to the microsecond.
fn shown(name: &str, value: Info) -> String {
    match value {
        Info::Text(text) => text,
        Info::Number(number) if matches!(name, "http_code" | "response_code" | "http_connect") => {
            format!("{number:03}")
        }
        Info::Number(number) => number.to_string(),
        Info::Seconds(seconds) => format!("{seconds:.6}"),
    }
}

/// `%{json}`: all variables.
fn all(facts: &Facts<'_>) -> Value {
    let parts = ["url", "urle"]
        .into_iter()
        .flat_map(|of| PARTS.iter().map(move |(part, _)| format!("{of}.{part}")));
    let names = InfoName::all()
        .map(str::to_owned)
        .chain(OWN.iter().map(|name| (*name).to_owned()))
        .chain(parts);
    let mut values = Map::new();
    for name in names {
        let value = match facts.value(&name) {
            // What has no value is null, as curl has it.
            Some(Info::Text(text)) if text.is_empty() => Value::Null,
            Some(Info::Text(text)) => json!(text),
            Some(Info::Number(number)) => json!(number),
            Some(Info::Seconds(seconds)) => json!(seconds),
            None => continue,
        };
        values.insert(name, value);
    }
    values.insert("curl_version".to_owned(), json!(version_text()));
    Value::Object(values)
}

/// `%{header_json}`: the last response's headers, by their names in lower case, a list of values each.
fn headers(facts: &Facts<'_>) -> Value {
    let mut fields: Map<String, Value> = Map::new();
    for (name, value) in facts.heads.last() {
        let values = fields.entry(name.to_ascii_lowercase()).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(json!(value));
        }
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_by_strftime() {
        let now = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_005_000_042_000).unwrap();
        for (format, shown) in [
            ("%Y-%m-%dT%H:%M:%S.%fZ", "2023-11-14T22:13:25.000042Z"),
            ("%a, %d %b %Y %T %z %Z", "Tue, 14 Nov 2023 22:13:25 +0000 UTC"),
            ("%s", "1700000005"),
            ("%-d%%%e|%j", "14%14|318"),
            ("%Q%é no %", "%Q%é no %"),
            ("", ""),
        ] {
            assert_eq!(time(format, now), shown, "{format}");
        }
    }
}
