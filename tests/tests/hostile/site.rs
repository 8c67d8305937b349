//! Where the attacks are run: an origin, a listener that nobody may reach, and the limits.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use transferhost::Limit;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use crate::expected::Given;

pub(crate) const BODY: &[u8] = b"a short body\n";

/// Low where an attack goes up to the limit, so that it is soon there; a call's time high, so that a slow machine does
/// not make it the first limit that is reached.
const LIMITS: [(Limit, u64); 4] = [
    (Limit::CallTime, 20_000),
    (Limit::Memory, 32 << 20),
    (Limit::PauseBudget, 200),
    (Limit::InstantiateFuel, 5_000_000),
];
/// How long those may sleep that are to be cut.
const LITTLE_TIME: u64 = 200;

pub(crate) struct Site {
    origin: Origin,
    /// On another address of loopback, which the policy does not open.
    forbidden: Origin,
    policy: PathBuf,
}

impl Site {
    /// A site whose policy file lies in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        let origin = http::serve(|_| Response::ok(BODY)).expect("an origin");
        let elsewhere = Listen::default().on(Ipv4Addr::new(127, 0, 0, 2).into());
        let forbidden = Origin::forbidden(elsewhere).expect("a listener on 127.0.0.2");
        let policy = folder.join("policy.toml");
        // The listener's port is open, so that its address is all that forbids it.
        let network = format!(
            "policy = \"tenant\"\n[network]\nallow = [\"127.0.0.1/32\"]\nports = [{}, {}]\n",
            origin.address().port(),
            forbidden.address().port()
        );
        fs::write(&policy, network).expect("a temporary folder can be written");
        Self {
            origin,
            forbidden,
            policy,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.origin.url("/")
    }

    /// The policy that opens the origin, for whom it is given to.
    pub(crate) fn policy(&self, given: Given) -> Option<&Path> {
        (given == Given::AnotherListener).then_some(self.policy.as_path())
    }

    pub(crate) fn limits(given: Given) -> [(Limit, u64); 4] {
        LIMITS.map(|(limit, value)| match limit {
            Limit::CallTime if given == Given::LittleTime => (limit, LITTLE_TIME),
            _ => (limit, value),
        })
    }

    /// What the guest reads.
    pub(crate) fn settings(&self, given: Given) -> Vec<(String, String)> {
        let to = ("to".to_owned(), self.forbidden.address().to_string());
        (given == Given::AnotherListener).then_some(to).into_iter().collect()
    }

    /// A text without what differs from run to run.
    pub(crate) fn without_ports(&self, text: &str) -> String {
        [&self.origin, &self.forbidden]
            .into_iter()
            .fold(text.to_owned(), |text, origin| {
                text.replace(&format!(":{}", origin.address().port()), ":PORT")
            })
    }

    /// What went wrong here: somebody was dialled who must not be, or a request holds what was to be smuggled in.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.forbidden.accepted() > 0 {
            wrong.push("the forbidden listener was dialled".to_owned());
        }
        for request in self.origin.requests() {
            let smuggled = request.head.to_ascii_lowercase();
            let odd = ["x-smuggled", "x-hostile", "content-length", "transfer-encoding"];
            let odd = odd.into_iter().find(|name| smuggled.contains(name));
            if odd.is_some() || request.method() != "GET" || request.target() != "/" || !request.body.is_empty() {
                wrong.push(format!("a request was smuggled: {:?}", request.head));
            }
        }
        wrong
    }
}
