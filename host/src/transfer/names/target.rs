//! Which name a URL leads to, as libcurl reads it.

use std::net::IpAddr;

use crate::curl::{Part, Url};

/// The longest name that name servers know, with a dot at its end.
const LONGEST: usize = 254;

/// The name as libcurl asks for it, an international one in the form of ASCII, and the port.
pub(super) fn host_and_port(url: &str) -> Option<(String, u16)> {
    let url = Url::parse(url).ok()?;
    let host = url.get(Part::Host)?;
    let host = match host.is_ascii() {
        true => host,
        false => url.get(Part::AsciiHost).unwrap_or(host),
    };
    Some((host.to_ascii_lowercase(), url.get(Part::Port)?.parse().ok()?))
}

/// Where an entry of `--connect-to`, `HOST1:PORT1:HOST2:PORT2`, leads a connection to this host and port; `None` where it is
/// about another.
pub(super) fn connected_to(entry: &str, host: &str, port: u16) -> Option<(String, u16)> {
    let (host1, rest) = host_of(entry)?;
    let (port1, rest) = rest.split_once(':')?;
    let about =
        (host1.is_empty() || host1.eq_ignore_ascii_case(bare(host))) && (port1.is_empty() || port1.parse() == Ok(port));
    let (host2, port2) = host_of(rest).filter(|_| about)?;
    let host2 = if host2.is_empty() { host } else { host2 };
    Some((host2.to_ascii_lowercase(), port2.parse().unwrap_or(port)))
}

/// Whether an entry of `--resolve`, `[+]HOST:PORT:ADDRESS[,ADDRESS]`, names the addresses of this host and port.
pub(super) fn is_about(entry: &str, host: &str, port: u16) -> bool {
    let parts = host_of(entry.strip_prefix('+').unwrap_or(entry));
    let about = parts.and_then(|(of, rest)| {
        let (at, addresses) = rest.split_once(':')?;
        let name = of == "*" || of.eq_ignore_ascii_case(bare(host));
        Some(name && at.parse() == Ok(port) && !addresses.is_empty())
    });
    !entry.starts_with('-') && about == Some(true)
}

/// The host at the front of an entry, an IPv6 address without its brackets, and what stands behind the colon after it.
fn host_of(entry: &str) -> Option<(&str, &str)> {
    match entry.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => entry.split_once(':'),
    }
}

fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

/// Whether a URL's host is an address: libcurl's URL API has made the usual form of whatever it was written in.
pub(super) fn is_numeric(host: &str) -> bool {
    bare(host)
        .split('%')
        .next()
        .is_some_and(|ip| ip.parse::<IpAddr>().is_ok())
}

/// Whether libcurl takes a name for both addresses of loopback, and asks nobody.
pub(super) fn is_localhost(host: &str) -> bool {
    let bare = host.strip_suffix('.').unwrap_or(host);
    bare == "localhost" || bare.ends_with(".localhost")
}

/// Whether it can be the name of a host, so that it means nothing else where libcurl is told of it.
pub(super) fn is_name(host: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LONGEST).contains(&host.len()) && host.bytes().all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leads_to_the_name_that_libcurl_asks_for() {
        for (url, host, port) in [
            ("http://A.Test/x", "a.test", 80),
            ("https://a.test", "a.test", 443),
            ("http://u:p@a.test:8080/", "a.test", 8080),
            ("http://a.test./", "a.test.", 80),
            ("http://[2001:db8::1]:81/", "[2001:db8::1]", 81),
            ("http://0x7f.1/", "127.0.0.1", 80),
            ("ftp://a.test/", "a.test", 21),
        ] {
            assert_eq!(host_and_port(url), Some((host.to_owned(), port)), "{url}");
        }
        assert_eq!(host_and_port("http://"), None);
    }

    #[test]
    fn entries_are_about_a_host_and_a_port() {
        let to = |entry: &str| connected_to(entry, "a.test", 80);
        let at = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(to("a.test:80:b.test:81"), at("b.test", 81));
        assert_eq!(to("A.TEST::B.test:"), at("b.test", 80));
        assert_eq!(to(":::81"), at("a.test", 81));
        assert_eq!(to("::[2001:db8::1]:81"), at("2001:db8::1", 81));
        assert_eq!(to("b.test:80:c.test:81"), None);
        assert_eq!(to("a.test:81:c.test:81"), None);
        assert_eq!(
            connected_to("[2001:db8::1]:80:c.test:", "[2001:db8::1]", 80),
            at("c.test", 80)
        );
        for (entry, about) in [
            ("a.test:80:127.0.0.1", true),
            ("+A.test:80:127.0.0.1", true),
            ("*:80:[::1]", true),
            ("-a.test:80", false),
            ("a.test:81:127.0.0.1", false),
            ("b.test:80:127.0.0.1", false),
            ("a.test:80:", false),
            ("a.test:80", false),
        ] {
            assert_eq!(is_about(entry, "a.test", 80), about, "{entry}");
        }
    }

    #[test]
    fn a_name_is_nothing_else() {
        for name in ["a.test", "a_b.test", "xn--a.test.", &"a".repeat(254)] {
            assert!(is_name(name), "{name}");
        }
        for other in [
            "",
            "*",
            "a:80",
            "a,b",
            "a b",
            "\u{e4}.test",
            "+a.test",
            "[::1]",
            &"a".repeat(255),
        ] {
            assert!(!is_name(other), "{other}");
        }
        assert!(is_numeric("[fe80::1%251]") && is_numeric("127.0.0.1") && !is_numeric("127.0.0.1.test"));
        assert!(is_localhost("a.localhost.") && is_localhost("localhost") && !is_localhost("alocalhost"));
    }
}
