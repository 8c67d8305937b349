//! Whom a transfer reaches, by what way, and for how long.

use super::network;
use super::table::{Flag, SECONDS, What, any_value, choice, default, switch, value};
use super::values;
use crate::transfer::IpVersion;

const SCHEMES: What = What("schemes", "schemes, such as =http,https");

pub(super) const ROWS: &[Flag] = &[
    value(
        "max-time",
        Some('m'),
        SECONDS,
        "The time of the whole transfer",
        |args, given| {
            args.max_time = given.seconds()?;
            Ok(())
        },
    ),
    value(
        "connect-timeout",
        None,
        SECONDS,
        "The time of connecting",
        |args, given| {
            args.connect_timeout = given.seconds()?;
            Ok(())
        },
    ),
    value(
        "limit-rate",
        None,
        What("speed", "bytes a second, such as 200K"),
        "The most bytes a second",
        |args, given| {
            args.pace.rate = Some(given.size()?).filter(|rate| *rate > 0);
            Ok(())
        },
    ),
    value(
        "speed-limit",
        Some('Y'),
        What("speed", "bytes a second"),
        "Fewer bytes a second end it",
        |args, given| {
            args.pace.speed_limit = Some(given.number(0, i32::MAX as u64)?);
            Ok(())
        },
    ),
    value(
        "speed-time",
        Some('y'),
        What("seconds", "whole seconds"),
        "Over how long",
        |args, given| {
            args.pace.speed_time = Some(given.whole_seconds()?);
            Ok(())
        },
    ),
    value(
        "max-filesize",
        None,
        What("bytes", "a size, such as 5M"),
        "The most bytes of a body",
        |args, given| {
            args.pace.largest = Some(given.size()?).filter(|largest| *largest > 0);
            Ok(())
        },
    ),
    choice("ipv4", Some('4'), "Only addresses of IPv4", |args| {
        args.route.ip = IpVersion::V4
    }),
    choice("ipv6", Some('6'), "Only addresses of IPv6", |args| {
        args.route.ip = IpVersion::V6
    }),
    value(
        "resolve",
        None,
        What("host:port:addr", "`host:port:address`"),
        "Addresses for a name",
        network::resolve,
    ),
    value(
        "connect-to",
        None,
        What("host:port:host:port", "`host:port:host:port`"),
        "Whom to connect to in place of a host",
        network::connect_to,
    ),
    value(
        "interface",
        None,
        What("name", "an interface, an address or a name"),
        "What to connect from",
        |args, given| {
            args.route.interface = Some(given.text()?);
            Ok(())
        },
    ),
    value(
        "unix-socket",
        None,
        What("path", "a socket's path"),
        "Connect to this socket",
        |args, given| {
            args.unix_socket = Some(given.path());
            Ok(())
        },
    ),
    value(
        "happy-eyeballs-timeout-ms",
        None,
        What("ms", "milliseconds"),
        "How long IPv6 is tried alone",
        |args, given| {
            let time = given.number(0, i32::MAX as u64)?;
            args.route.happy_eyeballs = Some(std::time::Duration::from_millis(time));
            Ok(())
        },
    ),
    default("keepalive", "No probes of TCP while it is silent", |args, on| {
        args.no_keepalive = !on
    }),
    value(
        "keepalive-time",
        None,
        What("seconds", "whole seconds"),
        "After how long of silence they are sent",
        |args, given| {
            args.route.keepalive_time = Some(given.whole_seconds()?);
            Ok(())
        },
    ),
    value("proto", None, SCHEMES, "The schemes that may be used", |args, given| {
        args.route.schemes = Some(network::schemes(given, network::every_scheme())?);
        Ok(())
    }),
    value(
        "proto-redir",
        None,
        SCHEMES,
        "The schemes that a redirect may lead to",
        |args, given| {
            args.route.redirect_schemes = Some(network::schemes(given, network::redirect_schemes())?);
            Ok(())
        },
    ),
    value(
        "proto-default",
        None,
        What("scheme", "a scheme"),
        "The scheme of a URL that names none",
        |args, given| {
            args.route.default_scheme = Some(network::scheme(given)?);
            Ok(())
        },
    ),
    any_value(
        "proxy",
        Some('x'),
        What("url", "a proxy, or nothing for none"),
        "Through this proxy",
        |args, given| {
            args.proxy.url = Some(given.text()?);
            Ok(())
        },
    ),
    value(
        "socks5-hostname",
        None,
        What("host", "`host:port`"),
        "Through this SOCKS5 proxy, which resolves names",
        |args, given| {
            let host = given.text()?;
            args.proxy.url = Some(if host.contains("://") {
                host
            } else {
                format!("socks5h://{host}")
            });
            Ok(())
        },
    ),
    value(
        "proxy-user",
        Some('U'),
        What("user:password", "`name:password`"),
        "User name and password for the proxy",
        |args, given| {
            args.proxy.user = Some(values::user(given)?);
            Ok(())
        },
    ),
    any_value(
        "noproxy",
        None,
        What("hosts", "hosts, with commas between"),
        "Hosts that no proxy is for; * is all",
        |args, given| {
            args.proxy.bypass = Some(given.text()?);
            Ok(())
        },
    ),
    switch(
        "proxytunnel",
        Some('p'),
        "Ask the proxy for a tunnel in any case",
        |args, on| args.proxy.tunnel = on,
    ),
    value(
        "ftp-port",
        Some('P'),
        What("address", "an address, or - for your own"),
        "Active FTP, and where it listens",
        |args, given| {
            args.ftp_port = Some(given.text()?);
            Ok(())
        },
    ),
];
