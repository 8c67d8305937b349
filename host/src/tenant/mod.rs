//! What a tenant may reach and use: the network policy, and the classes of addresses that it decides by.

pub(crate) mod class;
mod embedded;
mod own;
pub(crate) mod policy;
mod policy_file;
