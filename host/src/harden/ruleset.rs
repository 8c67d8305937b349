//! Landlock: which files, which TCP ports, whose sockets and signals.

use std::path::PathBuf;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, AddRuleError, AddRulesError, BitFlags, NetPort, PathBeneath, PathFd,
    RestrictSelfAttr as _, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, Scope,
};

/// The newest rights that are ruled over. Newer ones were never tried: they wait for a kernel to try them on.
const RULED: ABI = ABI::V6;

/// What older kernels leave open.
pub(super) const LATER: [(ABI, &str); 4] = [
    (
        ABI::V3,
        "this kernel lets any file be emptied that may be changed otherwise (Linux 6.2 does not)",
    ),
    (ABI::V4, "this kernel does not rule over TCP ports (Linux 6.7 does)"),
    (
        ABI::V5,
        "this kernel does not rule over ioctl on devices (Linux 6.10 does)",
    ),
    (
        ABI::V6,
        "this kernel does not rule over abstract unix sockets and signals (Linux 6.12 does)",
    ),
];

/// The port of name servers, which a long answer comes over TCP from.
const DNS: u16 = 53;

/// What a process does over TCP.
#[derive(Clone, Debug)]
pub(super) struct Network {
    /// The ports that it connects to; `None` is any.
    pub(super) ports: Option<Vec<u16>>,
    /// Whether it accepts connections.
    pub(super) listens: bool,
}

impl Network {
    /// What a kernel of this ABI rules over, for a person.
    pub(super) fn describe(&self, abi: ABI) -> String {
        let mut parts = vec!["files".to_owned()];
        if abi >= ABI::V4 {
            match &self.ports {
                Some(ports) => {
                    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
                    parts.push(format!("TCP but to ports {} and {DNS}", ports.join(", ")));
                }
                None if !self.listens => parts.push("TCP servers".to_owned()),
                None => {}
            }
        }
        if abi >= ABI::V6 {
            parts.push("abstract unix sockets and signals".to_owned());
        }
        parts.join(", ")
    }
}

/// From here on only this. For the calling thread and those that it makes; where `all_threads`, for the others too if the
/// kernel can.
pub(super) fn restrict(
    files: Vec<(PathBuf, BitFlags<AccessFs>)>,
    network: &Network,
    all_threads: bool,
) -> Result<(), RulesetError> {
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(RULED))?
        .scope(Scope::from_all(RULED))?;
    if !network.listens {
        ruleset = ruleset.handle_access(AccessNet::BindTcp)?;
    }
    if network.ports.is_some() {
        ruleset = ruleset.handle_access(AccessNet::ConnectTcp)?;
    }
    let mut created = ruleset.create()?;
    for (path, access) in files {
        // What cannot be opened now gets no rule, and will say so itself when it is wanted.
        let Ok(opened) = PathFd::new(&path) else { continue };
        match (&mut created).add_rule(PathBeneath::new(opened, access)) {
            // A pipe or a socket, as in /dev/stdout: Landlock does not rule over those.
            Err(RulesetError::AddRules(AddRulesError::Fs(AddRuleError::AddRuleCall { source, .. })))
                if source.raw_os_error() == Some(libc::EBADFD) => {}
            added => drop(added?),
        }
    }
    for port in network.ports.iter().flatten().chain([&DNS]) {
        if network.ports.is_some() {
            (&mut created).add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
        }
    }
    created.all_threads(all_threads)?.restrict_self()?;
    Ok(())
}

/// From here on no file, no TCP, no other's socket and no signal, for the calling thread and those that it makes.
pub(super) fn restrict_all() -> Result<(), RulesetError> {
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(RULED))?
        .handle_access(AccessNet::from_all(RULED))?
        .scope(Scope::from_all(RULED))?;
    ruleset.create()?.restrict_self()?;
    Ok(())
}
