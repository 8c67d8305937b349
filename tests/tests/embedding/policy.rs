use std::error::Error;
use std::path::Path;

use transferhost::{Limit, Policy, PolicyKind};

/// What strangers may do here: the defaults of `tenant`, or of the operator's file, and a MiB of body at most.
pub fn policy(file: Option<&Path>) -> Result<Policy, Box<dyn Error>> {
    let mut policy = match file {
        Some(file) => Policy::from_file(file, Some(PolicyKind::Tenant))?,
        None => Policy::new(PolicyKind::Tenant)?,
    };
    policy.limits_mut().set(Limit::Body, 1 << 20);
    policy.limits_mut().set_text("total-time", "10s")?;
    Ok(policy)
}
