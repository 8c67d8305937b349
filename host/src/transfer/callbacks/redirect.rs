//! Redirects: libcurl has no callback before it follows one, but its headers come before it does.

use std::cell::{Cell, RefCell};

use super::header::is_blank;
use crate::callback::Callback;
use crate::curl::{Flow, Part, Url};
use crate::escape::escape;
use crate::guest::redirect;
use crate::transfer::dispatch::Dispatch;
use crate::transfer::message::public_url;
use crate::transfer::trace::named;

/// The response whose headers are coming.
pub(in crate::transfer) struct Redirects {
    follow: bool,
    path_as_is: bool,
    /// How many redirects libcurl follows.
    pub(in crate::transfer) most: Cell<u64>,
    /// Whatever its Location lines may say to one libcurl or another: which of several it goes by, and what ends a
    /// value, differs from version to version, and an origin may try to hide one behind another.
    locations: RefCell<Vec<Vec<u8>>>,
}

/// A redirect that libcurl is about to follow. Both URLs are without credentials.
pub(in crate::transfer) struct Hop {
    pub(in crate::transfer) status: u16,
    pub(in crate::transfer) source: String,
    pub(in crate::transfer) target: String,
}

impl Redirects {
    pub(in crate::transfer) fn new(follow: bool, path_as_is: bool) -> Redirects {
        Redirects {
            follow,
            path_as_is,
            most: Cell::default(),
            locations: RefCell::default(),
        }
    }
}

impl Dispatch {
    /// Whether the strict policy knows enough of where this line makes libcurl go; the line comes again where not.
    pub(in crate::transfer) fn may_follow(&self, line: &[u8]) -> bool {
        if self.names.is_none() || !self.redirects.follow || !is_blank(line) {
            return true;
        }
        let locations = self.redirects.locations.borrow();
        let hops: Vec<Hop> = locations.iter().filter_map(|location| self.hop(location)).collect();
        self.redirect_is_judged(hops.iter().map(|hop| hop.target.as_str()))
    }

    /// Reads a header line, and at the blank one asks the guests, where libcurl is about to follow.
    pub(in crate::transfer) fn follow(&self, line: &[u8]) -> Flow {
        if !self.redirects.follow || !(self.decides(Callback::Redirect) || self.names.is_some()) {
            return Flow::Taken;
        }
        if let Some(values) = values_of_location(line) {
            let mut locations = self.redirects.locations.borrow_mut();
            for value in values {
                if !value.is_empty() && !locations.iter().any(|other| other == value) {
                    locations.push(value.to_vec());
                }
            }
            return Flow::Taken;
        }
        if !is_blank(line) {
            return Flow::Taken;
        }
        for location in self.redirects.locations.take() {
            // It is asked from within `header`: a panic in here is not that one's.
            match self.contain(Callback::Redirect, || self.on_redirect(&location)) {
                Some(Flow::Taken) => {}
                other => return other.unwrap_or(Flow::Abort),
            }
        }
        Flow::Taken
    }

    /// Where this location makes libcurl go; `None` where it does not follow it.
    fn hop(&self, location: &[u8]) -> Option<Hop> {
        let info = self.info.get()?;
        let status = u16::try_from(info.number("response_code")).unwrap_or(0);
        let followed = u64::try_from(info.number("num_redirects")).unwrap_or(0);
        // Beyond these libcurl does not follow, and ends with a code of its own.
        if !(300..400).contains(&status) || followed >= self.redirects.most.get() {
            return None;
        }
        // What cannot be resolved, libcurl does not follow either.
        let (source, target) = resolve(&info.text("url_effective")?, location, self.redirects.path_as_is)?;
        Some(Hop { status, source, target })
    }

    fn on_redirect(&self, location: &[u8]) -> Flow {
        self.hop(location).map_or(Flow::Taken, |hop| self.asks_to_follow(&hop))
    }

    /// Asks the guests about a redirect.
    pub(in crate::transfer) fn asks_to_follow(&self, hop: &Hop) -> Flow {
        let Hop { status, source, target } = hop;
        let call = || format!("redirect({status} {} {})", escape(source), escape(target));
        let answer = self.ask_both(
            Callback::Redirect,
            call,
            |guest| guest.on_redirect(*status, source, target),
            || redirect::Action::Follow,
            |answer| *answer == redirect::Action::Follow,
        );
        match answer {
            Some((_, redirect::Action::Follow)) => Flow::Taken,
            Some((_, redirect::Action::Finish)) => {
                self.finished.set(true);
                Flow::Abort
            }
            None => Flow::Abort,
        }
    }
}

/// What a Location line says, without blanks, and without blanks of any kind. To libcurl no line of another form is one,
/// such as one that begins with a blank.
pub(in crate::transfer) fn values_of_location(line: &[u8]) -> Option<[&[u8]; 2]> {
    let (name, value) = line.split_at_checked(b"location:".len())?;
    if !name.eq_ignore_ascii_case(b"location:") {
        return None;
    }
    let value = value.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let blank = |byte: u8| matches!(byte, b' ' | b'\t');
    let space = |byte: u8| matches!(byte, b' ' | b'\t'..=b'\r');
    Some([trim(value, blank), trim(value, space)])
}

fn trim(mut value: &[u8], off: impl Fn(u8) -> bool) -> &[u8] {
    while let [first, rest @ ..] = value
        && off(*first)
    {
        value = rest;
    }
    while let [rest @ .., last] = value
        && off(*last)
    {
        value = rest;
    }
    value
}

/// Both without credentials.
pub(in crate::transfer) fn resolve(base: &str, location: &[u8], path_as_is: bool) -> Option<(String, String)> {
    let target = Url::parse_as_is(base).ok()?.follow(location, path_as_is).ok()?;
    // A target without a scheme or a host would not be followed.
    target.get(Part::Scheme)?;
    // libcurl reads what it has resolved once more before it dials, and where it wrote a zone that may be another host.
    let target = target.get(Part::Url)?;
    Some((public_url(base)?, public_url(&target)?))
}

named! { redirect::Action { Follow: "follow", Finish: "finish" } }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_resolved_as_libcurl_follows_it() {
        let to =
            |location: &str| resolve("http://a:b@h:81/x/y?z", location.as_bytes(), false).map(|(_, target)| target);
        assert_eq!(to("/p").as_deref(), Some("http://h:81/p"));
        assert_eq!(to("p").as_deref(), Some("http://h:81/x/p"));
        assert_eq!(to("//other/q w").as_deref(), Some("http://other/q%20w"));
        assert_eq!(to("https://u:p@o/").as_deref(), Some("https://o/"));
        assert_eq!(resolve("http://a:b@h/", b"/p", false).unwrap().0, "http://h/");
        assert_eq!(
            to("http://[fe80::1%25eth0]/p").as_deref(),
            Some("http://[fe80::1%25eth0]/p")
        );
        // To a libcurl that decodes zones this leads to g, to an older one to ::1.
        let zoned = to("http://[::1%25x%40g%2f]/p").unwrap();
        assert!(
            ["http://g/]/p", "http://[::1%25x%40g%2f]/p"].contains(&zoned.as_str()),
            "{zoned}"
        );
        let raw = resolve("http://h/", b"/\xe9", false).unwrap().1;
        assert!(raw.eq_ignore_ascii_case("http://h/%E9"), "{raw}");
    }

    #[test]
    fn a_location_is_what_any_libcurl_may_take_for_one() {
        assert_eq!(values_of_location(b"LOCATION:  /a\t\r\n"), Some([&b"/a"[..]; 2]));
        assert_eq!(
            values_of_location(b"Location: \x0b/a\rb"),
            Some([&b"\x0b/a"[..], b"/a"])
        );
        for other in [
            &b"Content-Location: /a\r\n"[..],
            b" Location: /a\r\n",
            b"Location : /a\r\n",
            b"\r\n",
        ] {
            assert_eq!(values_of_location(other), None);
        }
    }
}
