//! What names a job in its outcome.
//!
//! A job's author gives a text or a whole number. A line without either is named by its number, in a form that no author can
//! write: `{"line":3}`. So an id in a file of outcomes says which of the three it is, and two ids that differ stay two.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An id. Equal ones are written alike, and different ones differently.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Value", untagged)]
pub(super) enum JobId {
    /// A text of the author's; `"1"` is another id than `1`.
    Text(String),
    /// A whole number of the author's, 0 or above.
    Natural(u64),
    /// A whole number of the author's, below 0.
    Negative(i64),
    /// The line, where its author names none.
    Line(OfLine),
}

/// The form of an id that is a line's number.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct OfLine {
    line: u64,
}

impl JobId {
    /// The id of a line that names none.
    pub(super) fn of_line(line: u64) -> JobId {
        JobId::Line(OfLine { line })
    }

    /// The id that an author gives; `None` where it is neither a text nor a whole number of at most 64 bits.
    pub(super) fn given(value: Value) -> Option<JobId> {
        match value {
            Value::String(text) => Some(JobId::Text(text)),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(natural), _) => Some(JobId::Natural(natural)),
                (None, Some(negative)) => Some(JobId::Negative(negative)),
                (None, None) => None,
            },
            _ => None,
        }
    }

    /// The bytes that it keeps beside its own place.
    pub(super) fn kept(&self) -> usize {
        match self {
            JobId::Text(text) => text.capacity(),
            _ => 0,
        }
    }
}

impl TryFrom<Value> for JobId {
    type Error = &'static str;

    /// Reads an id of an outcome.
    fn try_from(value: Value) -> Result<JobId, &'static str> {
        let of_line = |object: &Map<String, Value>| object.get("line")?.as_u64().filter(|_| object.len() == 1);
        match value.as_object().and_then(of_line) {
            Some(line) => Ok(JobId::of_line(line)),
            None => JobId::given(value).ok_or("an id is a text, a whole number or {\"line\":N}"),
        }
    }
}

impl Display for JobId {
    /// As it stands in an outcome.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_differ_are_written_differently() {
        let given = |text: &str| JobId::given(serde_json::from_str(text).unwrap()).unwrap();
        let ids = [
            JobId::of_line(1),
            JobId::of_line(2),
            given("1"),
            given("-1"),
            given("0"),
            given("18446744073709551615"),
            given("-9223372036854775808"),
            given("\"1\""),
            given("\"01\""),
            given("\"1.0\""),
            given("\"\""),
            given("\"{\\\"line\\\":1}\""),
            // One letter, and a letter with a mark behind it.
            given("\"\\u00e9\""),
            given("\"e\\u0301\""),
            given("\"\\uff11\""),
            given("\"a\\u0000\""),
            given("\"a\""),
        ];
        for (at, id) in ids.iter().enumerate() {
            let text = id.to_string();
            assert_eq!(&serde_json::from_str::<JobId>(&text).unwrap(), id, "{text}");
            for other in &ids[at + 1..] {
                assert!(id != other && text != other.to_string(), "{id} and {other}");
            }
        }
        // Another way to write the same.
        assert_eq!(given("\"\\u0061\""), given("\"a\""));
    }

    #[test]
    fn nothing_else_is_an_id() {
        for text in [
            "1.0",
            "1e0",
            "-0",
            "18446744073709551616",
            "true",
            "null",
            "[]",
            "{\"line\":1}",
        ] {
            assert_eq!(JobId::given(serde_json::from_str(text).unwrap()), None, "{text}");
        }
        for text in [
            "1.5",
            "null",
            "{\"line\":1,\"more\":2}",
            "{\"line\":\"1\"}",
            "{}",
            "[1]",
        ] {
            assert!(serde_json::from_str::<JobId>(text).is_err(), "{text}");
        }
    }
}
