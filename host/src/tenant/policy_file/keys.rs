//! Every key of a policy file, in one table; limits and quotas have tables of their own. `docs/batch.md` is printed from it.

/// A key's row in the table.
#[derive(Debug)]
pub struct Row {
    /// The table of the file that it stands in; empty at the top. `NAME` stands for a tenant's.
    pub section: &'static str,
    /// Its key.
    pub key: &'static str,
    /// Its default, as the file has it, or in words.
    pub default: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

const fn row(section: &'static str, key: &'static str, default: &'static str, meaning: &'static str) -> Row {
    Row {
        section,
        key,
        default,
        meaning,
    }
}

/// The table of one tenant in the file.
pub(super) const TENANT: &str = "tenants.NAME";

/// The table.
pub static ROWS: &[Row] = &[
    row(
        "",
        "policy",
        "the one of `--policy`, else `\"curl\"`; in a batch `\"tenant\"`",
        "`\"curl\"` or `\"tenant\"`: the policy that the rest changes",
    ),
    row(
        "",
        "limits",
        "see [limits.md](limits.md)",
        "any limit of a transfer, by its key",
    ),
    row("", "quotas", "see below", "any quota of a tenant, by its key"),
    row(
        "",
        "network",
        "see below",
        "what may be dialled, under the policy `tenant`",
    ),
    row("", "process", "see below", "what the process gives up"),
    row(
        "",
        "batch",
        "see below",
        "what a batch keeps, where, and how much at once",
    ),
    row(
        "",
        "operator",
        "none",
        "the operator's own plugin, which stands before each tenant's",
    ),
    row(
        "",
        "tenants",
        "every name is a tenant",
        "the tenants, a table each: what it leaves out is as above",
    ),
    row("network", "ports", "`[80, 443]`", "ports that may be dialled"),
    row(
        "network",
        "allow",
        "`[]`",
        "networks that may be dialled though they are not public, each as `ADDRESS/LENGTH`",
    ),
    row(
        "network",
        "deny",
        "`[]`",
        "networks that are refused though they are public or allowed",
    ),
    row(
        "network",
        "schemes",
        "`[\"http\", \"https\"]`",
        "schemes of URLs and of redirects",
    ),
    row("network", "nat64", "`[]`", "the network's own NAT64 prefixes"),
    row(
        "network",
        "strict",
        "`false`",
        "whether one denied address in the answer for a name denies the name",
    ),
    row(
        "process",
        "harden",
        "as far as the kernel has it for `\"tenant\"`, `false` for `\"curl\"`",
        "`true` hardens the process, and what the machine lacks of it is an error; `false` gives up nothing",
    ),
    row(
        "batch",
        "output",
        "none",
        "the folder that a job's `output` lies in, apart from all that the batch runs by; without it there is none",
    ),
    row(
        "batch",
        "bodies",
        "none",
        "the folder that a job's `body_file` lies in; without it there is none",
    ),
    row(
        "batch",
        "plugins",
        "`\".\"`",
        "the folder that plugins are in; under `tenant` it is read only while the batch runs",
    ),
    row(
        "batch",
        "inline",
        "`\"64KiB\"`",
        "the largest body that an outcome holds (`\"output\":\"inline\"`)",
    ),
    row(
        "batch",
        "line",
        "`\"1MiB\"`",
        "the longest line; a longer one is answered without being kept",
    ),
    row(
        "batch",
        "jobs",
        "`1_000`",
        "jobs in memory, running ones included; the rest waits in the input",
    ),
    row(
        "batch",
        "memory",
        "`\"64MiB\"`",
        "bytes that these jobs keep together, with the bodies that their outcomes may hold",
    ),
    row(
        "batch",
        "workers",
        "the processors",
        "threads that run transfers; a tenant's run on one of them",
    ),
    row(
        "batch",
        "guests",
        "as many as `jobs`",
        "guests alive at once, at least as many as `jobs`; their memory is set aside at the start, and as much again for the operator's",
    ),
    row(
        "batch",
        "loads",
        "`2`",
        "loads in the fast lane at once; a load that has used a second of processor time moves to the slow lane",
    ),
    row(
        "batch",
        "load-memory",
        "`\"2GiB\"`",
        "memory of all loads in the slow lane, each counted with its limit `load-memory`; one load always has room",
    ),
    row(
        "batch",
        "unknown-tenants",
        "`\"refuse\"` with a table `[tenants]`, else `\"defaults\"`",
        "what a job of a tenant is that the file does not name: refused, or run by the defaults",
    ),
    row("operator", "plugin", "none", "its file in `batch.plugins`"),
    row("operator", "limits", "those of the policy", "its limits, by their keys"),
    row(
        "operator",
        "set",
        "`{}`",
        "its configuration, which it reads through `wasi:config/store`",
    ),
    row(
        TENANT,
        "plugin",
        "none",
        "the plugin of its jobs that name none, a file in `batch.plugins`",
    ),
    row(TENANT, "limits", "as `[limits]`, key by key", "its limits"),
    row(TENANT, "quotas", "as `[quotas]`, key by key", "its quotas"),
    row(TENANT, "network", "as `[network]`, key by key", "what it may dial"),
    row(TENANT, "output", "as `batch.output`", "the folder of its outputs"),
    row(TENANT, "bodies", "as `batch.bodies`", "the folder of its `body_file`s"),
];

/// The keys of a table of the file, in order.
pub(super) fn of(section: &str) -> Vec<&'static str> {
    let rows = ROWS.iter().filter(|row| row.section == section);
    rows.map(|row| row.key).collect()
}
