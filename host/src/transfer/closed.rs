//! What a caller may not wish for under a policy that guards the network. Addresses are judged where they are dialled;
//! this is what would lead past that, or into the host's own files.

use super::options::Netrc;
use super::spec::{Body, SpecError, TransferSpec};
use crate::curl::{FormContent, FormPart};
use crate::escape::quote;
use crate::field::{self, Header};
use crate::limits::Limit;
use crate::tenant::policy::Policy;

/// Refuses what the policy closes.
pub(super) fn check(spec: &TransferSpec, policy: &Policy) -> Result<(), SpecError> {
    if !policy.guards_network() {
        return Ok(());
    }
    // The empty proxy is none.
    let proxy = spec.proxy.url.as_deref().is_some_and(|url| !url.is_empty());
    let file = |pin: &String| !pin.starts_with("sha256//");
    let closed = [
        (proxy, "proxy (-x)", "the addresses behind it could not be judged"),
        (
            spec.route.interface.is_some(),
            "interface (--interface)",
            "it may lead into another network",
        ),
        (
            spec.netrc != Netrc::Ignored,
            ".netrc file (-n)",
            "its passwords are the host's own",
        ),
        (
            !spec.cookies.files.is_empty(),
            "file of cookies (-b)",
            "it is the host's own",
        ),
        (
            spec.cookies.jar.is_some(),
            "file of cookies (-c)",
            "it is the host's own",
        ),
        (
            spec.tls.certificate.is_some(),
            "client certificate (--cert)",
            "its file is the host's own",
        ),
        (
            spec.tls.key.is_some(),
            "client certificate's key (--key)",
            "its file is the host's own",
        ),
        (
            spec.tls.pinned.as_ref().is_some_and(file),
            "file of a public key (--pinnedpubkey)",
            "write its digest, sha256//…",
        ),
    ];
    check_head(spec)?;
    if let Body::Form(parts) = &spec.body {
        check_form(parts, policy.limits.get(Limit::Uploaded))?;
    }
    match closed.into_iter().find(|(wished, ..)| *wished) {
        Some((_, what, why)) => Err(SpecError {
            what: format!("the policy takes no {what}: {why}"),
            url: false,
        }),
        None => Ok(()),
    }
}

/// What the request's first line and fields say is what an origin reads, and nothing of it frames the body.
fn check_head(spec: &TransferSpec) -> Result<(), SpecError> {
    let wrong = |what: String| Err(SpecError { what, url: false });
    if let Some(why) = spec.headers.iter().find_map(Header::unfit) {
        return wrong(format!("the policy takes no such header: {why}"));
    }
    if let Some(method) = spec.method.as_deref().filter(|method| !field::is_token(method)) {
        return wrong(format!(
            "the policy takes no such method: {} is no token",
            quote(method)
        ));
    }
    match spec.http.target.as_deref().filter(|target| target.contains(' ')) {
        Some(target) => wrong(format!(
            "the policy takes no such target of a request: {} holds a blank",
            quote(target)
        )),
        None => Ok(()),
    }
}

/// libcurl makes the bytes of a form, past what counts those of other bodies.
fn check_form(parts: &[FormPart], most: u64) -> Result<(), SpecError> {
    let wrong = |what: String| Err(SpecError { what, url: false });
    if let Some(why) = headers_of(parts) {
        return wrong(format!("the policy takes no such header of a form's part (-F): {why}"));
    }
    match size_of(parts) {
        None => wrong("the policy takes no file in a form (-F): it is the host's own".to_owned()),
        Some(size) if size > most => wrong(format!(
            "the form (-F) has {size} bytes, and the policy takes {most} (raise with --limit uploaded)"
        )),
        Some(_) => Ok(()),
    }
}

/// What is wrong with the first header of a part that is none.
fn headers_of(parts: &[FormPart]) -> Option<String> {
    parts.iter().find_map(|part| {
        let wrong = |line: &String| Header::parse(line).err().map(|why| why.to_string());
        part.headers.iter().find_map(wrong).or_else(|| match &part.content {
            FormContent::Parts(parts) => headers_of(parts),
            FormContent::Bytes(_) | FormContent::File(_) => None,
        })
    })
}

/// The bytes of the contents; `None` where one is a file's.
fn size_of(parts: &[FormPart]) -> Option<u64> {
    parts.iter().try_fold(0_u64, |size, part| {
        let more = match &part.content {
            FormContent::Bytes(bytes) => bytes.len() as u64,
            FormContent::Parts(parts) => size_of(parts)?,
            FormContent::File(_) => return None,
        };
        Some(size.saturating_add(more))
    })
}
