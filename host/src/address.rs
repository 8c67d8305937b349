//! Where a socket goes, as the host, the policy and the guests speak of it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// An address that libcurl is about to dial, or that a guest asks about.
///
/// `Display` is safe for a terminal and a log whatever the address holds: `192.0.2.1:80`, `[2001:db8::1%2]:80`,
/// `unix:/run/x.sock`, and `unix:@name` for an abstract name. In a unix name every byte that is not printable ASCII
/// is shown as `\x1b`, a backslash as `\\`, and an `@` that begins a path as `\x40`, so that no path can pass for an
/// abstract name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// TCP or UDP over IPv4 or IPv6.
    ///
    /// An IPv6 address carries its scope (an interface's index, or 0) and its flow information, the latter in the
    /// machine's own byte order as in the WIT: `sin6_flowinfo` has it in network order, and whoever reads or fills one
    /// converts. Both count in comparisons; only the scope is shown.
    Inet(SocketAddr),
    /// A unix socket: the bytes of its path, without a closing NUL. An abstract name begins with NUL.
    Unix(Vec<u8>),
}

impl Address {
    /// A unix socket's name that a `sockaddr_un` can hold: 1 to 107 bytes, with a NUL at the front or nowhere.
    pub(crate) fn unix(name: Vec<u8>) -> Option<Self> {
        let inner = name.get(1..)?;
        let holds = name.len() <= 107 && (name[0] == 0 || !inner.contains(&0));
        holds.then_some(Self::Unix(name))
    }

    /// The IP address, or nothing for a unix socket.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Inet(inet) => Some(inet.ip()),
            Self::Unix(_) => None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(inet: SocketAddr) -> Self {
        Self::Inet(inet)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(inet) => write!(f, "{inet}"),
            Self::Unix(name) => {
                f.write_str("unix:")?;
                match name.as_slice() {
                    [0, name @ ..] => {
                        f.write_str("@")?;
                        escape(name, f)
                    }
                    [b'@', rest @ ..] => {
                        f.write_str("\\x40")?;
                        escape(rest, f)
                    }
                    path => escape(path, f),
                }
            }
        }
    }
}

/// All that is not ASCII is escaped too: in UTF-8 hide C1 controls and letters that turn the direction of the text.
fn escape(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for &byte in bytes {
        match byte {
            b'\\' => f.write_str("\\\\")?,
            b' '..=b'~' => write!(f, "{}", char::from(byte))?,
            _ => write!(f, "\\x{byte:02x}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv6Addr, SocketAddrV4, SocketAddrV6};

    use super::*;

    fn v6(ip: Ipv6Addr, flow_info: u32, scope: u32) -> Address {
        SocketAddr::from(SocketAddrV6::new(ip, 80, flow_info, scope)).into()
    }

    fn unix(name: &[u8]) -> String {
        Address::Unix(name.to_vec()).to_string()
    }

    #[test]
    fn inet_is_shown_as_a_url_would_have_it() {
        let v4: Address = SocketAddr::from(SocketAddrV4::new([192, 0, 2, 1].into(), 80)).into();
        assert_eq!(v4.to_string(), "192.0.2.1:80");
        let ip = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
        assert_eq!(v6(ip, 0, 0).to_string(), "[2001:db8::1]:80");
        assert_eq!(v6(ip, 0, 2).to_string(), "[2001:db8::1%2]:80");
        assert_eq!(v6(ip, 7, 2).to_string(), "[2001:db8::1%2]:80");
        assert_ne!(v6(ip, 7, 2), v6(ip, 0, 2));
        assert_ne!(v6(ip, 0, 1), v6(ip, 0, 2));
        assert_eq!(v6(ip, 7, 2).ip(), Some(IpAddr::V6(ip)));
    }

    #[test]
    fn unix_names_are_told_apart() {
        assert_eq!(unix(b"/run/x.sock"), "unix:/run/x.sock");
        assert_eq!(unix(b"/run/my socket"), "unix:/run/my socket");
        assert_eq!(unix(b"\0name"), "unix:@name");
        assert_eq!(unix(b"@name"), "unix:\\x40name");
        assert_eq!(unix(b"\0@na\0me"), "unix:@@na\\x00me");
        assert_eq!(unix(b"\0"), "unix:@");
        assert_eq!(unix(b""), "unix:");
        assert_eq!(Address::Unix(b"/x".to_vec()).ip(), None);
    }

    #[test]
    fn no_byte_reaches_the_terminal_but_printable_ascii() {
        assert_eq!(unix(b"/a\x1b[2Jb\\x1b"), "unix:/a\\x1b[2Jb\\\\x1b");
        assert_eq!(unix("/\u{202e}\u{9b}".as_bytes()), "unix:/\\xe2\\x80\\xae\\xc2\\x9b");
        let every: Vec<u8> = (0..=255).collect();
        assert!(unix(&every).bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }
}
