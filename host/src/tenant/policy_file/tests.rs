//! What a policy file says.

use super::*;
use crate::limits::Limit;

fn of(text: &str, given: Option<PolicyKind>) -> Result<PolicyFile, String> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "transferhost-policy-{}-{}.toml",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).unwrap();
    let read = PolicyFile::read(&path, given, PolicyKind::Curl).map_err(|error| error.to_string());
    std::fs::remove_file(&path).unwrap();
    read
}

#[test]
fn keys_change_the_defaults_of_the_kind() {
    let text = "policy = \"tenant\"\n[limits]\nfuel = 7\nmemory = \"2MiB\"\n[network]\nallow = [\"10.0.0.0/8\"]\nports = [8080]\n";
    let Policy {
        kind,
        limits,
        network,
        harden,
        ..
    } = of(text, None).unwrap().defaults.policy;
    assert_eq!(harden, None);
    let hardened = "[process]\nharden = true\n";
    assert_eq!(of(hardened, None).unwrap().defaults.policy.harden, Some(true));
    assert_eq!(kind, PolicyKind::Tenant);
    assert_eq!((limits.get(Limit::Fuel), limits.get(Limit::Memory)), (7, 2 << 20));
    assert_eq!(
        (network.ports, network.allow.len(), network.schemes.len()),
        (vec![8080], 1, 2)
    );
}

#[test]
fn slips_are_named_with_their_line() {
    let text = "policy = \"tenant\"\n[limits]\nfule = 7\n";
    assert!(
        of(text, None)
            .unwrap_err()
            .ends_with(":3: unknown key `fule` in [limits]; did you mean `fuel`?")
    );
    assert!(
        of("polcy = \"tenant\"\n", None)
            .unwrap_err()
            .contains(":1: unknown key `polcy`; did you mean `policy`?")
    );
    for wrong in [
        "policy = \"tennant\"",
        "policy = ",
        "[network]\nports = [80]",
        "policy = \"tenant\"\n[network]\nports = [\"http\"]",
        "policy = \"tenant\"\n[network]\nports = []",
        "policy = \"tenant\"\n[network]\nports = [0]",
        "[limits]\nfuel = 0",
        "[process]\nharden = \"yes\"",
    ] {
        let error = of(wrong, None).unwrap_err();
        assert!(!error.contains('\n'), "{error}");
    }
    assert!(of("policy = \"tenant\"", Some(PolicyKind::Curl)).is_err());
    let network = "policy = \"tenant\"\n[network]\n";
    for (wrong, says) in [
        ("[limits]\nmemory = 1.5", ":2: `1.5` is no value for memory"),
        (
            "[limits]\nratio = 0",
            ":2: `0` is no value for ratio: give a number above 0, such as 100",
        ),
        (
            &format!("{network}allow = [\n\"10.0.0.0/33\"]"),
            ":4: \"10.0.0.0/33\" is no network",
        ),
        (&format!("{network}deny = [\"10.0.0.1\"]"), "ADDRESS/LENGTH"),
        (&format!("{network}nat64 = [\"10.0.0.0/8\"]"), "an IPv6 one"),
        (&format!("{network}ports = [70000]"), ":3: 70000 is no port"),
    ] {
        let error = of(wrong, None).err().unwrap();
        assert!(error.contains(says), "{wrong}: {error}");
    }
}

const TENANTS: &str = r#"
policy = "tenant"
[limits]
fuel = 7
[quotas]
queue = 3
[network]
ports = [80]
[tenants.acme]
plugin = "guard.wasm"
limits = { memory = "32MiB" }
network = { ports = [8080] }
[tenants.other.quotas]
queue = 5
[batch]
inline = "1KiB"
"#;

#[test]
fn a_tenant_overrides_key_by_key() {
    use crate::tenant::quota::Quota;

    let file = of(TENANTS, None).unwrap();
    let (acme, other) = (file.tenant("acme").unwrap(), file.tenant("other").unwrap());
    let of = |keys: &TenantKeys| {
        let limits = &keys.policy.limits;
        (
            limits.get(Limit::Fuel),
            limits.get(Limit::Memory) >> 20,
            keys.quotas.get(Quota::Queue),
        )
    };
    assert_eq!((of(acme), of(other)), ((7, 32, 3), (7, 16, 5)));
    assert_eq!(
        (&acme.policy.network.ports, &other.policy.network.ports),
        (&vec![8080], &vec![80])
    );
    assert_eq!(acme.plugin.as_deref(), Some(Path::new("guard.wasm")));
    assert_eq!((file.batch.inline, file.batch.jobs), (1 << 10, 1_000));
    // Nobody else, where some are named.
    assert!(file.tenant("stranger").is_none());
    let widest = file.widest().unwrap();
    assert_eq!(
        (widest.network.ports, widest.limits.get(Limit::Memory)),
        (vec![80, 8080], 32 << 20)
    );
    assert!(of_text("").tenant("stranger").is_some());
}

fn of_text(text: &str) -> PolicyFile {
    of(text, None).unwrap()
}

#[test]
fn slips_in_what_a_tenant_has_are_named_with_their_line() {
    for (slip, said) in [
        (
            "[tenants.acme]\nlimts = {}",
            ":2: unknown key `limts` in [tenants.acme]; did you mean `limits`?",
        ),
        (
            "[tenants.acme.limits]\nfule = 1",
            ":2: unknown key `fule` in [tenants.acme.limits]; did you mean `fuel`?",
        ),
        (
            "[quotas]\nqeue = 1",
            ":2: unknown key `qeue` in [quotas]; did you mean `queue`?",
        ),
        (
            "[batch]\noutpt = \".\"",
            ":2: unknown key `outpt` in [batch]; did you mean `output`?",
        ),
        ("[batch]\njobs = 0", ":2: `0` is no value for jobs"),
        (
            "[operator]\nplugn = \"x\"",
            ":2: unknown key `plugn` in [operator]; did you mean `plugin`?",
        ),
    ] {
        let error = of(slip, None).unwrap_err();
        assert!(error.contains(said) && !error.contains('\n'), "{error}");
    }
}
