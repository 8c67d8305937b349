//! A chain: a plugin of the operator's stands before the tenant's. Who is asked, in which order, and whose word counts.

#[path = "chain/command.rs"]
mod command;
#[path = "chain/connect.rs"]
mod connect;
#[path = "chain/fates.rs"]
mod fates;
#[path = "chain/header.rs"]
mod header;
#[path = "chain/pair.rs"]
mod pair;
#[allow(dead_code, reason = "sockets.rs uses the rest of it")]
#[path = "sockets/plugins.rs"]
mod plugins;
#[path = "kit/policy_file.rs"]
mod policy_file;
#[path = "kit/puppet.rs"]
mod puppet;
#[path = "chain/send.rs"]
mod send;
#[path = "chain/start.rs"]
mod start;
#[path = "kit/tenants.rs"]
mod tenants;
#[path = "chain/write.rs"]
mod write;
#[path = "kit/written.rs"]
mod written;
