//! Headers of a request, of whatever text: a line is one field and says what an origin reads, or it is refused.

use anyhow::{Result, ensure};
use arbitrary::Unstructured;

use super::super::closed;
use super::super::spec::TransferSpec;
use super::policy;
use crate::field::Header;
use crate::limits::Limits;
use crate::tenant::policy::PolicyKind;

/// Makes headers out of these bytes in each of the ways there are.
///
/// # Errors
/// What was taken that is more than a field, or is read otherwise by an origin.
pub fn request_header(data: &[u8]) -> Result<()> {
    let mut u = Unstructured::new(data);
    let cut = u.arbitrary::<u8>().unwrap_or_default();
    let text = String::from_utf8_lossy(u.take_rest()).into_owned();
    let (name, value) = text.split_at(text.floor_char_boundary(usize::from(cut)));
    for header in [Header::set(name, value), Header::remove(name), Header::parse(&text)] {
        let Ok(header) = header else { continue };
        is_one_field(&header)?;
        ensure!(is_token(header.name()), "{header:?} has no token for a name");
        let line = header.line();
        let again = Header::parse(&line);
        let same = again.as_ref().is_ok_and(|again| {
            let bare = |header: &Header| header.value().map(|value| value.trim_matches([' ', '\t']).to_owned());
            again.name() == header.name() && bare(again) == bare(&header)
        });
        ensure!(same, "{line:?} is read as {again:?} and was {header:?}");
        sent(header)?;
    }
    if let Ok(header) = Header::parse_as_curl(&text) {
        is_one_field(&header)?;
        sent(header)?;
    }
    refused(name, value, &text)
}

/// RFC 9110's delimiters, in place of its list of what is none: the two are written apart from each other.
fn is_token(name: &str) -> bool {
    let delimiter = |byte: u8| !(0x21..0x7f).contains(&byte) || b"\"(),/:;<=>?@[\\]{}".contains(&byte);
    !name.is_empty() && !name.bytes().any(delimiter)
}

fn is_one_field(header: &Header) -> Result<()> {
    let line = header.line();
    ensure!(
        !line.bytes().any(|byte| byte < 0x20 && byte != b'\t' || byte == 0x7f),
        "{line:?} holds a control character"
    );
    ensure!(
        line.starts_with(header.name()) && !header.name().contains([':', ';', ' ', '\t']),
        "{line:?} is of {:?}",
        header.name()
    );
    Ok(())
}

/// What a lenient origin would take for the field that frames the body: its name, with anything that is no visible
/// character around it.
fn frames(name: &str) -> bool {
    let bare = name.trim_matches(|c: char| !c.is_ascii_graphic()).to_ascii_lowercase();
    bare == "content-length" || bare == "transfer-encoding"
}

/// Under a policy that guards the network no such field is sent, and no name that is none.
fn sent(header: Header) -> Result<()> {
    let line = header.line();
    let fit = is_token(header.name()) && !frames(header.name());
    let spec = TransferSpec {
        headers: vec![header],
        ..TransferSpec::default()
    };
    ensure!(spec.check().is_ok(), "{line:?} was made and may not be sent");
    let policy = policy(PolicyKind::Tenant, Limits::tenant())?;
    let allowed = closed::check(&spec, &policy).is_ok();
    ensure!(allowed == fit, "{line:?}: {allowed}");
    Ok(())
}

/// What must not be taken is not, whatever else is in the text.
fn refused(name: &str, value: &str, text: &str) -> Result<()> {
    let control = |text: &str| text.chars().any(|c| c.is_control() && c != '\t');
    ensure!(
        !control(value) || Header::set("X", value).is_err(),
        "a value of {value:?} was taken"
    );
    ensure!(
        is_token(name) == Header::remove(name).is_ok(),
        "a name of {name:?} was taken, or not"
    );
    ensure!(
        !text.contains(['\r', '\n', '\0']) || (Header::parse(text).is_err() && Header::parse_as_curl(text).is_err()),
        "a line of {text:?} was taken"
    );
    Ok(())
}
