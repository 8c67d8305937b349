//! `request`: what a guest makes of the request's headers in `start`.
//!
//! What is refused changes nothing, and nothing is kept of it: the host holds as many headers as one request may have, and
//! no name besides them.

use wasmtime::component::Resource;

use crate::field::{self, FieldName, FieldValue, Header};
use crate::guest::bindings::request::HeaderError;
use crate::guest::bindings::request::{Host, HostRequest};
use crate::guest::instance::State;

/// The longest header name that a guest may set, in bytes.
const MAX_HEADER_NAME: usize = 256;
/// The longest header value that a guest may set, in bytes.
const MAX_HEADER_VALUE: usize = 8 << 10;

/// The request that `start` may amend.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestHead {
    url: String,
    method: String,
    fields: Vec<Field>,
}

/// A header, and whether a guest has set or removed it.
#[derive(Clone, Debug)]
struct Field {
    header: Header,
    by_guest: bool,
}

/// The resource behind `request`.
#[allow(unreachable_pub, reason = "the generated bindings export it from a private module")]
pub struct Request(pub(in crate::guest) RequestHead);

type Set = Result<(), HeaderError>;

impl RequestHead {
    /// A request to this URL without credentials, by this method, which is empty where the scheme has none.
    pub(crate) fn new(url: &str, method: &str, headers: Vec<Header>) -> RequestHead {
        let field = |header| Field {
            header,
            by_guest: false,
        };
        RequestHead {
            url: url.to_owned(),
            method: method.to_owned(),
            fields: headers.into_iter().map(field).collect(),
        }
    }

    /// Its headers: those that are set, in order, then those that are removed.
    pub(crate) fn into_headers(self) -> Vec<Header> {
        let headers = self.fields.into_iter().map(|field| field.header);
        let (mut set, removed): (Vec<_>, Vec<_>) = headers.partition(|header| header.value().is_some());
        set.extend(removed);
        set
    }

    /// Makes headers as an earlier guest has left them, where that one set or removed them.
    pub(crate) fn keep(&mut self, earlier: RequestHead) {
        for field in earlier.fields.into_iter().filter(|field| field.by_guest) {
            self.replace(field);
        }
    }

    /// Sets or removes a header in place of all of its name.
    fn amend(&mut self, header: Header) -> Set {
        let is_set = header.value().is_some();
        let beside = |field: &&Field| field.header.value().is_some() == is_set && !field.header.is_named(header.name());
        if self.fields.iter().filter(beside).count() >= field::MOST {
            return Err(HeaderError::TooMany);
        }
        self.replace(Field { header, by_guest: true });
        Ok(())
    }

    fn replace(&mut self, field: Field) {
        self.fields.retain(|other| !other.header.is_named(field.header.name()));
        self.fields.push(field);
    }
}

/// The name, where a guest may set or remove the header.
fn name_of(text: &str) -> Result<FieldName, HeaderError> {
    let name = FieldName::parse(text).filter(|_| text.len() <= MAX_HEADER_NAME);
    match name {
        None => Err(HeaderError::InvalidName),
        Some(name) if name.is_framing() => Err(HeaderError::Framing),
        Some(name) => Ok(name),
    }
}

fn value_of(text: &str) -> Result<FieldValue, HeaderError> {
    let value = FieldValue::parse(text).filter(|_| text.len() <= MAX_HEADER_VALUE);
    value.ok_or(HeaderError::InvalidValue)
}

impl Host for State {}

impl HostRequest for State {
    fn url(&mut self, this: Resource<Request>) -> wasmtime::Result<String> {
        Ok(self.table.get(&this)?.0.url.clone())
    }

    fn method(&mut self, this: Resource<Request>) -> wasmtime::Result<String> {
        Ok(self.table.get(&this)?.0.method.clone())
    }

    fn headers(&mut self, this: Resource<Request>) -> wasmtime::Result<Vec<(String, String)>> {
        let headers = self.table.get(&this)?.0.fields.iter().map(|field| &field.header);
        let set = headers.filter_map(|header| Some((header.name().to_owned(), header.value()?.to_owned())));
        Ok(set.collect())
    }

    fn set_header(&mut self, this: Resource<Request>, name: String, value: String) -> wasmtime::Result<Set> {
        self.passed.count(name.len().saturating_add(value.len()))?;
        let head = &mut self.table.get_mut(&this)?.0;
        let header = name_of(&name).and_then(|name| Ok(Header::of(name, Some(value_of(&value)?))));
        Ok(header.and_then(|header| head.amend(header)))
    }

    fn remove_header(&mut self, this: Resource<Request>, name: String) -> wasmtime::Result<Set> {
        self.passed.count(name.len())?;
        let head = &mut self.table.get_mut(&this)?.0;
        Ok(name_of(&name).and_then(|name| head.amend(Header::of(name, None))))
    }

    fn drop(&mut self, this: Resource<Request>) -> wasmtime::Result<()> {
        // Guests only ever borrow it; the host takes its own back.
        self.table.delete(this)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(head: &mut RequestHead, name: &str, value: &str) -> Set {
        head.amend(Header::set(name, value).unwrap())
    }

    fn remove(head: &mut RequestHead, name: &str) -> Set {
        head.amend(Header::remove(name).unwrap())
    }

    fn lines(head: &RequestHead) -> Vec<String> {
        head.clone().into_headers().iter().map(Header::line).collect()
    }

    /// Each of many names is set and removed, and each is answered; none of them stays.
    #[test]
    fn what_is_refused_is_not_kept_and_changes_nothing() {
        let mut head = RequestHead::new("http://h/", "GET", vec![Header::set("X-Own", "1").unwrap()]);
        for number in 0..field::MOST {
            remove(&mut head, &format!("X-Gone-{number}")).unwrap();
        }
        for number in 0..field::MOST - 1 {
            set(&mut head, &format!("X-Set-{number}"), "v").unwrap();
        }
        let full = lines(&head);
        assert_eq!(full.len(), 2 * field::MOST);
        for number in 0..10_000 {
            let name = format!("X-More-{number}");
            assert_eq!(set(&mut head, &name, "v"), Err(HeaderError::TooMany));
            assert_eq!(remove(&mut head, &name), Err(HeaderError::TooMany));
        }
        // What is there was refused to be removed, so it is there still.
        assert_eq!(remove(&mut head, "X-Own"), Err(HeaderError::TooMany));
        assert_eq!(set(&mut head, "X-Gone-1", "v"), Err(HeaderError::TooMany));
        assert_eq!(lines(&head), full);
        assert!(head.fields.capacity() <= 4 * field::MOST, "{}", head.fields.capacity());
        // A name that is there already may change, whatever the case of its letters.
        assert_eq!(set(&mut head, "x-OWN", "2"), Ok(()));
        assert_eq!(remove(&mut head, "X-GONE-5"), Ok(()));
        assert_eq!(lines(&head).len(), 2 * field::MOST);
    }

    #[test]
    fn an_earlier_guest_has_the_last_word() {
        let own = || vec![Header::set("X-A", "own").unwrap(), Header::set("X-A", "twice").unwrap()];
        let mut operator = RequestHead::new("http://h/", "GET", own());
        set(&mut operator, "X-B", "operator").unwrap();
        remove(&mut operator, "X-C").unwrap();
        let mut tenant = operator.clone();
        set(&mut tenant, "x-b", "tenant").unwrap();
        set(&mut tenant, "X-C", "tenant").unwrap();
        remove(&mut tenant, "X-A").unwrap();
        tenant.keep(operator);
        assert_eq!(lines(&tenant), ["X-B: operator", "X-A:", "X-C:"]);
    }

    #[test]
    fn a_guests_names_and_values_are_bounded() {
        let long = "n".repeat(MAX_HEADER_NAME + 1);
        for name in ["", " ", "X ", "X\t", "X:", "X\r\nY", &long] {
            assert_eq!(name_of(name).unwrap_err(), HeaderError::InvalidName, "{name:?}");
        }
        for name in ["content-length", "Transfer-Encoding"] {
            assert_eq!(name_of(name).unwrap_err(), HeaderError::Framing, "{name}");
        }
        assert!(name_of(&long[1..]).is_ok());
        let long = "v".repeat(MAX_HEADER_VALUE + 1);
        for value in ["\r\n", "a\nb", "\0", "\u{1}", "\u{7f}", &long] {
            assert_eq!(
                value_of(value).unwrap_err(),
                HeaderError::InvalidValue,
                "{}",
                value.len()
            );
        }
        assert!(value_of(&long[1..]).is_ok());
    }
}
