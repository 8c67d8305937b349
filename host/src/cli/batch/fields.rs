//! The fields of a job.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::escape::{escape, quote};
use crate::field::{self, Header, HeaderError};
use crate::transfer::{Body, TransferSpec};

/// A field's value, of the kind that it must be of; what is `null` is not there.
pub(super) fn take<T: DeserializeOwned>(fields: &mut Map<String, Value>, key: &str) -> Result<Option<T>, String> {
    match fields.remove(key) {
        None => Ok(None),
        Some(value) => {
            serde_json::from_value(value).map_err(|error| format!("`{key}`: {}", escape(&error.to_string())))
        }
    }
}

/// An object of texts.
pub(super) fn texts(fields: &mut Map<String, Value>, key: &str) -> Result<Vec<(String, String)>, String> {
    let object: Option<Map<String, Value>> = take(fields, key)?;
    let pairs = object.into_iter().flatten();
    let pairs = pairs.map(|(name, value)| match value {
        Value::String(text) => Ok((name, text)),
        _ => Err(format!("`{key}`: `{}` is no text", escape(&name))),
    });
    pairs.collect()
}

/// An object of texts and numbers.
pub(super) fn limits(fields: &mut Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let object: Option<Map<String, Value>> = take(fields, "limits")?;
    let pairs = object.into_iter().flatten();
    let pairs = pairs.map(|(key, value)| match value {
        Value::String(text) => Ok((key, text)),
        Value::Number(number) => Ok((key, number.to_string())),
        _ => Err(format!("`limits`: `{}` is neither a number nor a text", escape(&key))),
    });
    pairs.collect()
}

/// Lines as curl's `-H` takes them; or an object, in which a list is several headers of a name, and `null` leaves out one
/// that libcurl would send.
pub(super) fn headers(value: Option<Value>) -> Result<Vec<Header>, String> {
    let wrong = || "`headers`: write a list of \"Name: value\", or an object of texts".to_owned();
    let said = |why: HeaderError| format!("`headers`: {why}");
    let mut headers = Vec::new();
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Array(lines)) => {
            for line in lines {
                let line = line.as_str().ok_or_else(wrong)?;
                headers.push(Header::parse(line).map_err(said)?);
            }
        }
        Some(Value::Object(fields)) => {
            for (name, value) in fields {
                match value {
                    Value::Null => headers.push(Header::remove(&name).map_err(said)?),
                    Value::String(value) => headers.push(Header::set(&name, &value).map_err(said)?),
                    Value::Array(values) => {
                        for value in values {
                            let value = value.as_str().ok_or_else(wrong)?;
                            headers.push(Header::set(&name, value).map_err(said)?);
                        }
                    }
                    _ => return Err(wrong()),
                }
            }
        }
        Some(_) => return Err(wrong()),
    }
    if headers.len() > field::MOST {
        return Err(format!(
            "`headers`: {} are more than the {} that a job may have",
            headers.len(),
            field::MOST
        ));
    }
    match headers.iter().find_map(Header::unfit) {
        Some(why) => Err(format!("`headers`: {why}")),
        None => Ok(headers),
    }
}

/// The method, where it is not the one that libcurl takes by itself.
pub(super) fn set_method(
    spec: &mut TransferSpec,
    method: Option<String>,
    sends: bool,
    uploads: bool,
) -> Result<(), String> {
    let method = method.unwrap_or_else(|| if sends { "POST" } else { "GET" }.to_owned());
    if !field::is_token(&method) {
        return Err(format!(
            "`method`: {} is no token: write a method such as GET",
            quote(&method)
        ));
    }
    match (method.as_str(), sends) {
        ("HEAD", false) => spec.http.head = true,
        ("HEAD", true) => return Err("`method`: a HEAD sends no body".to_owned()),
        ("GET", false) => {}
        ("POST", false) => spec.body = Body::Post(Vec::new()),
        ("POST", true) if !uploads => {}
        ("PUT", true) if uploads => {}
        _ => spec.method = Some(method),
    }
    Ok(())
}
