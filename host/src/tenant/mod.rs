//! What a tenant may reach and use: the network policy and the classes of addresses that it decides by; quotas, and the account
//! of what is used of them.

mod account;
pub(crate) mod bucket;
pub(crate) mod class;
mod embedded;
pub(crate) mod ip_network;
pub(crate) mod ledger;
mod own;
pub(crate) mod policy;
pub(crate) mod policy_file;
pub(crate) mod quota;
pub(crate) mod resolver;

pub use account::{Tenant, TenantError, Usage};
pub use quota::{QUOTAS, Quota, QuotaRow, Quotas};
