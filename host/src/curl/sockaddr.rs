//! `struct curl_sockaddr`, in and out.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use curl_sys::{curl_sockaddr, curlsocktype};

use super::callbacks::{SocketTarget, SocketType};
use crate::address::Address;

/// The room behind `curl_sockaddr.addr`: libcurl passes a `struct Curl_sockaddr_ex`, in which it is a union with a
/// `struct sockaddr_storage` of 128 bytes (lib/socket.h).
const STORAGE: usize = 128;

/// What libcurl wants; `None` for a null pointer, a length out of bounds or a family that is none of ours.
///
/// # Safety
/// It is null, or points to a `curl_sockaddr` in a storage as libcurl's own, of which `addrlen` bytes from `addr` on are
/// initialised; nobody writes to it until this returns.
pub(super) unsafe fn target(purpose: curlsocktype, address: *const curl_sockaddr) -> Option<SocketTarget> {
    if address.is_null() {
        return None;
    }
    // SAFETY: it is not null, so it is valid as the caller promises; the fields are read, no reference is kept.
    let (family, socktype, protocol, len) = unsafe {
        (
            (*address).family,
            (*address).socktype,
            (*address).protocol,
            (*address).addrlen as usize,
        )
    };
    if len > STORAGE {
        return None;
    }
    // SAFETY: `addr` is the beginning of a storage of `STORAGE` bytes of which `addrlen` are filled, as the caller promises,
    // and `addrlen` was checked against it; the pointer is made from the struct's own address, so that it covers what lies
    // behind the declared field.
    let bytes = unsafe { std::slice::from_raw_parts((&raw const (*address).addr).cast::<u8>(), len) };
    // Since 8.19.0 the type carries SOCK_CLOEXEC and SOCK_NONBLOCK as flags on Linux.
    let socktype = match socktype & !(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK) {
        libc::SOCK_STREAM => SocketType::Stream,
        libc::SOCK_DGRAM => SocketType::Datagram,
        _ => return None,
    };
    let address = decode(family, bytes)?;
    Some(SocketTarget {
        accept: purpose == curl_sys::CURLSOCKTYPE_ACCEPT,
        socktype,
        protocol,
        address,
    })
}

/// Makes libcurl connect elsewhere; false where the address has no `sockaddr`.
///
/// # Safety
/// It is null, or points to a `curl_sockaddr` in a storage as libcurl's own, which is this function's alone until it
/// returns.
pub(super) unsafe fn connect_to(address: *mut curl_sockaddr, to: &Address) -> bool {
    let Some((family, bytes)) = encode(to) else {
        return false;
    };
    if address.is_null() || bytes.len() > STORAGE {
        return false;
    }
    // SAFETY: it is not null, so it is valid and this function's alone, as the caller promises, and `STORAGE` bytes stand
    // behind `addr`, no fewer than are written.
    unsafe {
        (*address).family = family;
        (*address).addrlen = bytes.len() as libc::c_uint;
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut (*address).addr).cast::<u8>(), bytes.len());
    }
    true
}

fn decode(family: i32, bytes: &[u8]) -> Option<Address> {
    match family {
        libc::AF_INET => {
            let port = u16::from_be_bytes(field(bytes, 2)?);
            let ip = Ipv4Addr::from(field::<4>(bytes, 4)?);
            Some(Address::Inet(SocketAddr::V4(SocketAddrV4::new(ip, port))))
        }
        libc::AF_INET6 => {
            let port = u16::from_be_bytes(field(bytes, 2)?);
            let flow = u32::from_be_bytes(field(bytes, 4)?);
            let ip = Ipv6Addr::from(field::<16>(bytes, 8)?);
            let scope = u32::from_ne_bytes(field(bytes, 24)?);
            Some(Address::Inet(SocketAddr::V6(SocketAddrV6::new(ip, port, flow, scope))))
        }
        libc::AF_UNIX => {
            let path = bytes.get(2..)?;
            // An abstract name begins with NUL and is as long as the address; a path ends at its first NUL.
            let path = match path.first() {
                Some(0) => path,
                _ => path.split(|byte| *byte == 0).next()?,
            };
            Some(Address::Unix(path.to_vec()))
        }
        _ => None,
    }
}

fn encode(address: &Address) -> Option<(i32, Vec<u8>)> {
    match address {
        Address::Inet(SocketAddr::V4(to)) => {
            let mut bytes = head(libc::AF_INET)?;
            bytes.extend(to.port().to_be_bytes());
            bytes.extend(to.ip().octets());
            bytes.extend([0; 8]);
            Some((libc::AF_INET, bytes))
        }
        Address::Inet(SocketAddr::V6(to)) => {
            let mut bytes = head(libc::AF_INET6)?;
            bytes.extend(to.port().to_be_bytes());
            bytes.extend(to.flowinfo().to_be_bytes());
            bytes.extend(to.ip().octets());
            bytes.extend(to.scope_id().to_ne_bytes());
            Some((libc::AF_INET6, bytes))
        }
        Address::Unix(path) => {
            // sun_path holds 108 bytes; a path needs its NUL, an abstract name does not.
            let Address::Unix(path) = Address::unix(path.clone())? else {
                return None;
            };
            let mut bytes = head(libc::AF_UNIX)?;
            let is_path = path.first() != Some(&0);
            bytes.extend(path);
            bytes.extend(is_path.then_some(0));
            Some((libc::AF_UNIX, bytes))
        }
    }
}

fn head(family: i32) -> Option<Vec<u8>> {
    Some(libc::sa_family_t::try_from(family).ok()?.to_ne_bytes().to_vec())
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_as_they_went() {
        for address in [
            Address::Inet("192.0.2.1:80".parse().unwrap()),
            Address::Inet(SocketAddr::V6(SocketAddrV6::new(
                "2001:db8::1".parse().unwrap(),
                443,
                7,
                3,
            ))),
            Address::Unix(b"/run/x.sock".to_vec()),
            Address::Unix(b"\0abstract".to_vec()),
        ] {
            let (family, bytes) = encode(&address).unwrap();
            assert_eq!(decode(family, &bytes), Some(address));
        }
        assert_eq!(encode(&Address::Unix(vec![b'x'; 108])), None);
        assert_eq!(encode(&Address::Unix(b"a\0b".to_vec())), None);
        assert_eq!(decode(libc::AF_INET, &[0; 3]), None);
    }
}
