//! What a header of a request may be that somebody else than the operator has written: a guest, or a tenant's job.

/// The most of them in a request.
pub(crate) const MOST: usize = 100;

/// Whether this is a token (RFC 9110), as a header's name and a method are.
pub(crate) fn is_token(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(token)
}

/// Whether a header of this name says how long the body is, which libcurl says itself: a body that is longer than it says is
/// another request to the origin.
pub(crate) fn is_framing(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding")
}
