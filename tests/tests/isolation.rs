//! What libcurl keeps of one tenant serves no other: connections, names, TLS sessions, cookies, HSTS, credentials. All on
//! one thread, where everything could meet, and each beside a control: where the same tenant has it, and has it again.

use std::io;
use std::sync::{Arc, LazyLock, OnceLock};
use std::thread;

use transferhost::{
    Host, IpVersion, Job, Limit, MemorySink, Outcome, Plugin, Policy, PolicyKind, Sink, Tenant, TransferSpec, Workers,
};
use transferhost_tests::command::loader;
use transferhost_tests::http::Response;
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::request::Request;

#[path = "isolation/apart.rs"]
mod apart;
#[path = "isolation/connections.rs"]
mod connections;
#[path = "isolation/credentials.rs"]
mod credentials;
#[path = "isolation/names.rs"]
mod names;
#[path = "kit/tenants.rs"]
#[allow(dead_code, reason = "each tenant of these tests is another")]
mod tenants;
#[path = "isolation/tls.rs"]
mod tls;

static HOST: LazyLock<Host> = LazyLock::new(|| Host::new(policy(), loader()).unwrap());

fn policy() -> Policy {
    let mut policy = Policy::new(PolicyKind::Curl).unwrap();
    // The low-priority thread runs when no other wants its processor, which a busy machine makes long.
    policy.limits_mut().set(Limit::InstantiateTime, 600_000);
    policy
}

/// A tenant that there was not before, whatever its name.
fn tenant(name: &str) -> Tenant {
    Tenant::new(&HOST, name, policy(), tenants::quotas()).unwrap()
}

fn spec(url: String) -> TransferSpec {
    let mut spec = TransferSpec {
        url,
        ..TransferSpec::default()
    };
    // `localhost` is one address then.
    spec.route.ip = IpVersion::V4;
    spec
}

/// What became of a transfer that went well.
struct Fetched {
    body: String,
    /// The name of the thread that it ran on.
    thread: String,
    outcome: Outcome,
}

/// Takes the body, and notes on which thread it came.
struct Noting {
    body: MemorySink,
    thread: Arc<OnceLock<String>>,
}

impl Sink for Noting {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        let _ = self.thread.set(thread::current().name().unwrap_or_default().to_owned());
        self.body.deliver(bytes)
    }
}

fn fetch_with(workers: &Workers, tenant: &Tenant, plugin: Option<&Plugin>, spec: TransferSpec) -> Fetched {
    let (body, thread) = (MemorySink::new(1 << 20), Arc::default());
    let noting = Noting {
        body: body.clone(),
        thread: Arc::clone(&thread),
    };
    let job = Job {
        tenant: tenant.clone(),
        plugin: plugin.cloned(),
        spec,
        sink: Box::new(noting),
    };
    let outcome = workers.submit(job).unwrap().wait();
    assert_eq!(outcome.code.number(), 0, "{}: {}", tenant.name(), outcome.message);
    Fetched {
        body: String::from_utf8(body.take()).unwrap(),
        thread: thread.get().cloned().unwrap_or_default(),
        outcome,
    }
}

fn fetch(workers: &Workers, tenant: &Tenant, spec: TransferSpec) -> String {
    fetch_with(workers, tenant, None, spec).body
}

/// Answers each request with the number of its connection and what is said of it.
fn origin(listen: Listen, say: impl Fn(&Request) -> String + Send + Sync + 'static) -> Origin {
    Origin::serve_on(listen, move |mut connection| {
        while let Some(request) = connection.next_request()? {
            let body = format!("{} {}", connection.number(), say(&request));
            connection.send(Response::ok(body.trim_end()).encode(true))?;
        }
        Ok(())
    })
    .unwrap()
}
