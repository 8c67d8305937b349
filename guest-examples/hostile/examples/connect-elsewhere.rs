//! Leads every connection to `--set to=IP:PORT`.

use core::net::{IpAddr, SocketAddr};

use transferhost::callbacks::types::{Address, Inet};
use wasi::config::store;

hostile::attack!(opensocket, |_| {
    let to = store::get("to")
        .ok()
        .flatten()
        .and_then(|to| to.parse::<SocketAddr>().ok());
    let to = to.ok_or("pass --set to=IP:PORT, the address to connect to")?;
    let ip = match to.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    Ok(Verdict::ConnectTo(Address::Inet(Inet {
        ip,
        port: to.port(),
        flow_info: 0,
        scope_id: 0,
    })))
});
