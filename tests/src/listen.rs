//! Where an origin of the tests' own listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rustls::ServerConfig;

/// Where an origin listens, and behind what.
#[derive(Clone)]
pub struct Listen {
    pub(crate) ip: IpAddr,
    pub(crate) port: u16,
    pub(crate) tls: Option<Arc<ServerConfig>>,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            ip: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            tls: None,
        }
    }
}

impl Listen {
    /// On `[::1]` in place of 127.0.0.1.
    pub fn v6(mut self) -> Self {
        self.ip = Ipv6Addr::LOCALHOST.into();
        self
    }

    /// On another loopback address, such as 127.0.0.2.
    pub fn on(mut self, ip: IpAddr) -> Self {
        assert!(ip.is_loopback(), "tests stay on loopback");
        self.ip = ip;
        self
    }

    /// On the port that another origin was given, on another address: for a name that leads to either.
    pub fn at(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Behind TLS; [`crate::tls::Authority::server_config`] makes the configuration.
    pub fn tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = Some(config);
        self
    }
}
