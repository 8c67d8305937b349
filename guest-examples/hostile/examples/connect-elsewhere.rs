//! Leads every connection to `--set to=IP:PORT`, or to `unix:PATH` and `unix:@NAME`.

use core::net::{IpAddr, SocketAddr};

use transferhost::callbacks::types::{Address, Inet};
use wasi::config::store;

fn address(to: &str) -> Option<Address> {
    if let Some(name) = to.strip_prefix("unix:") {
        return Some(Address::Unix(match name.strip_prefix('@') {
            Some(name) => [b"\0", name.as_bytes()].concat(),
            None => name.into(),
        }));
    }
    let to = to.parse::<SocketAddr>().ok()?;
    let ip = match to.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    Some(Address::Inet(Inet {
        ip,
        port: to.port(),
        flow_info: 0,
        scope_id: 0,
    }))
}

hostile::attack!(opensocket, |_| {
    let to = store::get("to").ok().flatten();
    let to = to.and_then(|to| address(&to));
    Ok(Verdict::ConnectTo(
        to.ok_or("pass --set to=IP:PORT, the address to connect to")?,
    ))
});
