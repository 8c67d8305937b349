//! Where the attacks are run: an origin, a listener that nobody may reach, and the limits.

use std::ffi::OsString;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use transferhost::{Limit, TransferSpec};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::request::Request;

use crate::errand::{self, Errand, UPLOAD};
use crate::expected::Given;

/// Low where an attack goes up to the limit, so that it is soon there; a call's time high, so that a slow machine does
/// not make it the first limit that is reached.
const LIMITS: [(Limit, u64); 6] = [
    (Limit::CallTime, 20_000),
    (Limit::Memory, 32 << 20),
    (Limit::PauseBudget, 200),
    (Limit::InstantiateFuel, 5_000_000),
    (Limit::FuelTotal, 10_000_000_000),
    (Limit::Uploaded, 1 << 30),
];
/// How long those may sleep that are to be cut.
const LITTLE_TIME: u64 = 200;
/// Less than a call may burn.
const LITTLE_FUEL: u64 = 2_000_000;
const LITTLE_UPLOAD: u64 = 1 << 20;

pub(crate) struct Site {
    origin: Origin,
    /// On another address of loopback, which the policy does not open.
    forbidden: Origin,
    policy: PathBuf,
    /// What is brought, as a file.
    upload: PathBuf,
}

impl Site {
    /// A site whose files lie in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        let origin = errand::origin();
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
        let upload = folder.join("upload.txt");
        fs::write(&upload, UPLOAD).expect("a temporary folder can be written");
        Self {
            origin,
            forbidden,
            policy,
            upload,
        }
    }

    /// What curl is told of an errand.
    pub(crate) fn arguments(&self, errand: Errand) -> Vec<OsString> {
        let mut arguments = vec![OsString::from(self.origin.url(errand.path()))];
        if errand.is_moved() {
            arguments.push("-L".into());
        }
        if errand.brings() {
            arguments.extend(["-T".into(), self.upload.clone().into()]);
        }
        arguments
    }

    /// And what the library is.
    pub(crate) fn spec(&self, errand: Errand) -> TransferSpec {
        errand.spec(&self.origin)
    }

    /// The policy that opens the origin, for whom it is given to.
    pub(crate) fn policy(&self, given: Given) -> Option<&Path> {
        (given == Given::AnotherListener).then_some(self.policy.as_path())
    }

    pub(crate) fn limits(given: Given) -> [(Limit, u64); 6] {
        LIMITS.map(|(limit, value)| match (limit, given) {
            (Limit::CallTime, Given::LittleTime) => (limit, LITTLE_TIME),
            (Limit::FuelTotal, Given::LittleFuel) => (limit, LITTLE_FUEL),
            (Limit::Uploaded, Given::LittleUpload) => (limit, LITTLE_UPLOAD),
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

    /// What went wrong here until every connection has ended: somebody was dialled who must not be, or a request holds what
    /// was to be smuggled in.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let requests = self.origin.settle();
        let mut wrong = Vec::new();
        if self.forbidden.accepted() > 0 {
            wrong.push("the forbidden listener was dialled".to_owned());
        }
        let smuggled = requests.into_iter().filter(|request| !is_plain(request));
        wrong.extend(smuggled.map(|request| format!("a request was smuggled: {:?}", request.head)));
        wrong
    }
}

/// Whether it is what libcurl sends of its own for one of the errands.
fn is_plain(request: &Request) -> bool {
    let head = request.head.to_ascii_lowercase();
    let holds = |names: &[&str]| names.iter().any(|name| head.contains(&format!("\n{name}:")));
    let (body, framed) = (request.body.as_slice(), holds(&["content-length", "transfer-encoding"]));
    let as_errand = match (request.method(), request.target()) {
        ("GET", "/" | "/moved") => body.is_empty() && !framed,
        ("PUT", "/upload" | "/upload-moved") => body == UPLOAD,
        _ => false,
    };
    as_errand && !holds(&["x-smuggled", "x-hostile"])
}
