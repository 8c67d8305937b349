//! Asks for a connection to an address of five bytes.

use transferhost::callbacks::types::{Address, Inet};

hostile::attack!(opensocket, |_| {
    Ok(Verdict::ConnectTo(Address::Inet(Inet {
        ip: vec![127, 0, 0, 1, 0],
        port: 80,
        flow_info: 0,
        scope_id: 0,
    })))
});
