//! A line's JSON, read no further than each field allows.
//!
//! serde_json would make a value of whatever a line holds: 32 bytes for two of its own, and each error would quote all of it.
//! Here a field's value is built within the field's caps. What is over them, of an unknown field or too deep is passed over
//! without being kept, and the first fault becomes a sentence. The rest of the line is read all the same, so that the outcome
//! can say whose it is.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::caps::{self, Cap};
use super::job::KEYS;
use crate::escape::{cut, escape};
use crate::suggest;

/// How many bytes of a misplaced text an error shows.
const SHOWN: usize = 32;

/// The fields of a line, each within its caps.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) fields: Map<String, Value>,
    /// Fields that are there and say nothing that counts: over a cap, or there twice.
    pub(super) unread: BTreeSet<&'static str>,
    /// The first fault, one sentence.
    pub(super) wrong: Option<String>,
}

/// What a field may hold.
#[derive(Clone, Copy)]
struct Shape {
    field: &'static str,
    /// Its texts; without a cap there is none but the line's.
    text: Option<&'static Cap>,
    /// The entries of its object or list, and the names in its object.
    entries: Option<(&'static Cap, &'static Cap)>,
    /// How many lists and objects lie in one another.
    depth: u8,
    /// Whether it is that of what lies in the field's list or object.
    inner: bool,
}

/// Reads a line; `None` where it is no object.
///
/// # Errors
/// Where it is no JSON.
pub(super) fn read(bytes: &[u8]) -> serde_json::Result<Option<Given>> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let given = deserializer.deserialize_any(Line)?;
    deserializer.end()?;
    Ok(given)
}

fn shape(field: &'static str) -> Shape {
    let plain = |text| Shape {
        field,
        text,
        entries: None,
        depth: 0,
        inner: false,
    };
    let object = |text, keys, key, depth| Shape {
        field,
        text: Some(text),
        entries: Some((keys, key)),
        depth,
        inner: false,
    };
    match field {
        "id" => plain(Some(&caps::ID)),
        "tenant" => plain(Some(&caps::TENANT)),
        "url" => plain(Some(&caps::URL)),
        "method" => plain(Some(&caps::METHOD)),
        "body_file" | "output" | "plugin" => plain(Some(&caps::PATH)),
        "headers" => object(&caps::HEADER, &caps::HEADERS, &caps::HEADER_NAME, 2),
        "set" => object(&caps::SET_VALUE, &caps::SET, &caps::SET_KEY, 1),
        "limits" => object(&caps::LIMITS_VALUE, &caps::LIMITS, &caps::LIMITS_KEY, 1),
        // A body is as long as the line lets it.
        _ => plain(None),
    }
}

impl Given {
    fn fault(&mut self, what: impl FnOnce() -> String) {
        if self.wrong.is_none() {
            self.wrong = Some(what());
        }
    }
}

/// All that a line may be.
struct Line;

impl<'de> Visitor<'de> for Line {
    type Value = Option<Given>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a job")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut given = Given::default();
        while let Some(named) = object.next_key_seed(Field)? {
            let field = match named {
                Ok(field) => field,
                Err(what) => {
                    given.fault(|| what);
                    object.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let again = given.fields.remove(field).is_some() || given.unread.contains(field);
            match object.next_value_seed(shape(field))? {
                Ok(value) if !again => drop(given.fields.insert(field.to_owned(), value)),
                read => {
                    given.unread.insert(field);
                    given.fault(|| match read {
                        Err(what) if !again => format!("`{field}`: {what}"),
                        _ => format!("`{field}` is there twice"),
                    });
                }
            }
        }
        Ok(Some(given))
    }
}

/// A field's name: one of those that there are, or a sentence.
struct Field;

impl<'de> DeserializeSeed<'de> for Field {
    type Value = Result<&'static str, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Field {
    type Value = Result<&'static str, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(KEYS.into_iter().find(|key| *key == name).ok_or_else(|| {
            let hint = match suggest::nearest(name, KEYS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", KEYS.join(", ")),
            };
            let more = if name.len() > suggest::LONGEST { "…" } else { "" };
            format!("unknown field `{}{more}`; {hint}", escape(cut(name, suggest::LONGEST)))
        }))
    }
}

/// A value, or a sentence about it, behind the field's name.
type Read = Result<Value, String>;

impl<'de> DeserializeSeed<'de> for Shape {
    type Value = Read;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Shape {
    /// That of what a list or an object of this holds.
    fn inner(self) -> Shape {
        Shape {
            depth: self.depth.saturating_sub(1),
            inner: true,
            ..self
        }
    }

    fn text(self, text: &str) -> Read {
        // Where no text belongs, its front shows what is there.
        let misplaced = match self.entries {
            Some(_) => !self.inner,
            None => self.text.is_none() && self.field != "body",
        };
        match self.text {
            _ if misplaced => Ok(cut(text, SHOWN).into()),
            Some(cap) if text.len() > cap.most => Err(cap.over(Some(text.len()))),
            _ => Ok(text.into()),
        }
    }
}

impl<'de> Visitor<'de> for Shape {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Read, E> {
        Ok(Ok(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Read, E> {
        Ok(Ok(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Read, E> {
        Ok(Ok(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Read, E> {
        Ok(Ok(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Read, E> {
        Ok(Ok(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Read, E> {
        Ok(self.text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Read, A::Error> {
        let mut values = Vec::new();
        let mut wrong = None;
        // What is too deep, or in no place for a list, is a list all the same: its kind is what is wrong of it.
        if let Some((most, _)) = self.entries.filter(|_| self.depth > 0) {
            while wrong.is_none() {
                match list.next_element_seed(self.inner())? {
                    None => return Ok(Ok(values.into())),
                    Some(_) if values.len() == most.most => wrong = Some(most.over(None)),
                    Some(Ok(value)) => values.push(value),
                    Some(Err(what)) => wrong = Some(what),
                }
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(wrong.map_or(Ok(values.into()), Err))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Read, A::Error> {
        let mut fields = Map::new();
        let mut wrong = None;
        if let Some((most, name)) = self.entries.filter(|_| self.depth > 0) {
            while wrong.is_none() {
                let key = match object.next_key_seed(Name(name))? {
                    None => return Ok(Ok(fields.into())),
                    Some(key) => key,
                };
                let value = match fields.len() == most.most {
                    // Neither it nor any behind it is kept.
                    true => object.next_value::<IgnoredAny>().map(|_| Err(most.over(None))),
                    false => object.next_value_seed(self.inner()),
                };
                match (key, value?) {
                    (Err(what), _) | (Ok(_), Err(what)) => wrong = Some(what),
                    (Ok(key), Ok(_)) if fields.contains_key(&key) => {
                        wrong = Some(format!("`{}` is there twice", escape(&key)));
                    }
                    (Ok(key), Ok(value)) => drop(fields.insert(key, value)),
                }
            }
        }
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(wrong.map_or(Ok(fields.into()), Err))
    }
}

/// A name in an object.
struct Name(&'static Cap);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Result<String, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Result<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(match name.len() > self.0.most {
            true => Err(self.0.over(Some(name.len()))),
            false => Ok(name.to_owned()),
        })
    }
}
