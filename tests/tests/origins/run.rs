//! An attack tried through the command line: without a plugin, through one that passes all on, and where it is of
//! interest under the policy `curl`. In each run a transfer that means no harm comes after it, in the same process.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use transferhost::LibcurlVersion;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::running::Ended;

use crate::attack::{Attack, Delivers, Elsewhere, End};
use crate::policy_file::PolicyFile;
use crate::secrets;

/// An attack must have ended by then. Each of them takes some milliseconds, or the second or two that it is given; most
/// could go on for a minute, which is the policy's.
const BOUND: Duration = Duration::from_secs(20);
/// What the transfer after an attack gets.
const WELL: &[u8] = b"all is well\n";
/// The longest body that an attack's origin sends where no limit is to be met.
const SHORT: usize = 1024;

/// What came of an attack.
pub(crate) struct Tried {
    /// What each of its transfers said, without a plugin.
    pub(crate) messages: Vec<String>,
    /// What this libcurl does otherwise than the bundled one.
    pub(crate) differs: Vec<String>,
}

/// Where the attacks are run.
pub(crate) struct Site {
    plain: Origin,
    pass: PathBuf,
    bundled: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Bare,
    Passing,
    UnderCurl,
}

/// A run of the command: what it said, and its outcomes.
struct Seen {
    ended: Ended,
    outcomes: Vec<Value>,
    address: SocketAddr,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            plain: http::serve(|_| Response::ok(WELL)).expect("a free port of loopback"),
            pass: guests::guest("pass"),
            bundled: LibcurlVersion::get().bundled,
        }
    }

    /// A transfer by itself goes well after all of it.
    pub(crate) fn check_that_all_is_well(&self) -> Result<(), String> {
        let ended = Transferhost::run().arg("--no-plugin").arg(self.plain.url("/")).end();
        same("the last transfer", (ended.code(), &*ended.stdout), (Some(0), WELL))
    }

    /// Tries it in every way.
    pub(crate) fn attempt(&self, attack: &Attack) -> Result<Tried, String> {
        let mut tried = Tried {
            messages: Vec::new(),
            differs: Vec::new(),
        };
        for client in [Client::Bare, Client::Passing] {
            let seen = self.run(attack, client)?;
            let differs = check(&seen, attack, &attack.ends);
            self.take(differs, client, &mut tried)?;
            if client == Client::Bare {
                let said = seen.of(attack).iter().filter(|one| one["code"] != 0).map(sentence);
                tried.messages = said.map(|text| without_ports(&text, attack, seen.address)).collect();
            }
        }
        check_where_it_led(attack)?;
        if let Some(end) = attack.under_curl {
            let seen = self.run(attack, Client::UnderCurl)?;
            self.take(check_ends(&seen, attack, &[end]), Client::UnderCurl, &mut tried)?;
            check_that_it_leads_there(attack, end)?;
        }
        Ok(tried)
    }

    /// What differs is an error with the bundled libcurl, which the attacks are described by.
    fn take(&self, differs: Result<Vec<String>, String>, client: Client, tried: &mut Tried) -> Result<(), String> {
        let differs = differs.map_err(|why| client.says(&why))?;
        match (self.bundled, differs.is_empty()) {
            (true, false) => Err(client.says(&differs.join("; "))),
            _ => {
                tried.differs.extend(differs.iter().map(|how| client.says(how)));
                Ok(())
            }
        }
    }

    fn run(&self, attack: &Attack, client: Client) -> Result<Seen, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let server = attack.server.ready();
        let file = folder.path().join("outcomes.json");
        let policy = self.policy(attack, server.address());
        let mut run = Transferhost::run().patience(BOUND).arg("--outcome").arg(&file);
        run = match client {
            Client::UnderCurl => run.args(["--policy", "curl"]),
            Client::Bare | Client::Passing => run.args(policy.words()),
        };
        // A slow machine must not meet these first.
        for limit in ["call-time=20s", "instantiate-time=20s"].iter().chain(&attack.limits) {
            run = run.args(["--limit", limit]);
        }
        run = match client {
            Client::Passing => run.arg(&self.pass),
            Client::Bare | Client::UnderCurl => run.arg("--no-plugin"),
        };
        let ended = run.args(&attack.curl).args(self.urls(attack, server.address())).end();
        let text = fs::read_to_string(&file).unwrap_or_default();
        let outcomes: Result<_, _> = text.lines().map(serde_json::from_str).collect();
        Ok(Seen {
            outcomes: outcomes.map_err(|error| format!("an outcome is not JSON: {error}: {text}"))?,
            ended,
            address: server.address(),
        })
    }

    /// Opens the servers' ports, and of the addresses those that are to be reached.
    fn policy(&self, attack: &Attack, own: SocketAddr) -> PolicyFile {
        let mut ports = vec![self.plain.address().port(), own.port()];
        match &attack.elsewhere {
            Some(Elsewhere::Forbidden {
                origin,
                port_is_open: true,
            })
            | Some(Elsewhere::Open(origin)) => ports.push(origin.address().port()),
            _ => {}
        }
        PolicyFile::open(&ports, &["127.0.0.1/32", &format!("{}/32", own.ip())])
    }

    fn urls(&self, attack: &Attack, own: SocketAddr) -> Vec<OsString> {
        let base = format!("{}://{}", attack.scheme, own);
        let urls = attack.paths.iter().map(|path| format!("{base}{path}"));
        let after = (!attack.is_short_of_time()).then(|| self.plain.url("/"));
        urls.chain(after).map(OsString::from).collect()
    }
}

impl Client {
    fn says(self, why: &str) -> String {
        let how = match self {
            Client::Bare => "without a plugin",
            Client::Passing => "through a plugin",
            Client::UnderCurl => "under the policy curl",
        };
        format!("{how}: {why}")
    }
}

impl Seen {
    /// Without the transfer that came after it.
    fn of(&self, attack: &Attack) -> &[Value] {
        &self.outcomes[..attack.paths.len().min(self.outcomes.len())]
    }
}

/// What must hold with any libcurl is an error; what only the bundled one does is a difference with another.
fn check(seen: &Seen, attack: &Attack, ends: &[End]) -> Result<Vec<String>, String> {
    let mut differs = check_ends(seen, attack, ends)?;
    let after: &[u8] = if attack.is_short_of_time() { b"" } else { WELL };
    let all = &seen.ended.stdout;
    let Some(body) = all.strip_suffix(after) else {
        return Err(format!("the transfer after it delivered {:?}", lossy(all)));
    };
    match &attack.delivers {
        Delivers::AtMost(most) if body.len() > *most => {
            return Err(format!("{} bytes were delivered, of at most {most}", body.len()));
        }
        Delivers::Exactly(bytes) if body.len() > bytes.len().max(SHORT) => {
            return Err(format!("{} bytes were delivered", body.len()));
        }
        Delivers::Exactly(bytes) if body != bytes => {
            let how = format!("it delivered {:?} in place of {:?}", lossy(body), lossy(bytes));
            differs.push(how);
        }
        _ => {}
    }
    let counted: u64 = seen
        .of(attack)
        .iter()
        .filter_map(|one| one["bytes"]["delivered"].as_u64())
        .sum();
    same("the count of what was delivered", counted, body.len() as u64)?;
    Ok(differs)
}

/// The codes, the causes, and what was said.
fn check_ends(seen: &Seen, attack: &Attack, ends: &[End]) -> Result<Vec<String>, String> {
    let mut differs = Vec::new();
    let after = usize::from(!attack.is_short_of_time());
    same("the count of outcomes", seen.outcomes.len(), attack.paths.len() + after)?;
    let first = seen
        .outcomes
        .iter()
        .filter_map(|one| one["code"].as_i64())
        .find(|code| *code != 0);
    same(
        "the exit code",
        seen.ended.code().map(i64::from),
        Some(first.unwrap_or(0)),
    )?;
    let said: Vec<_> = seen.ended.stderr.lines().collect();
    let failed = seen.outcomes.iter().filter(|one| one["code"] != 0);
    let should: Vec<_> = failed.map(|one| format!("transferhost: {}", sentence(one))).collect();
    same("what is said", said, should.iter().map(String::as_str).collect())?;
    if seen.ended.stderr.chars().any(|c| c.is_control() && c != '\n') {
        return Err(format!("a terminal would obey {:?}", seen.ended.stderr));
    }
    for (at, (outcome, end)) in seen.of(attack).iter().zip(ends).enumerate() {
        let is = (outcome["code"].as_i64(), outcome["abort"]["cause"].as_str());
        let should = (Some(i64::from(end.code())), end.cause());
        let message = outcome["message"].as_str().unwrap_or_default();
        if is != should || !message.contains(&end.words()) {
            let path = &attack.paths[at];
            let how = format!("{path}: it ends with {is:?} in place of {should:?}: {message:?}");
            if end.is_a_promise() {
                return Err(how);
            }
            differs.push(how);
        }
    }
    if after == 1 && seen.outcomes.last().is_some_and(|last| last["code"] != 0) {
        return Err(format!("the transfer after it failed: {}", seen.ended.stderr));
    }
    Ok(differs)
}

/// Nobody was dialled who must not be, and nothing was carried along.
fn check_where_it_led(attack: &Attack) -> Result<(), String> {
    let mut requests = match &attack.server {
        crate::attack::Server::Scripted(origin) => origin.requests(),
        crate::attack::Server::Openssl(_) => Vec::new(),
    };
    match &attack.elsewhere {
        Some(Elsewhere::Forbidden { origin, .. }) => {
            same("how often the forbidden listener was dialled", origin.accepted(), 0)?;
        }
        Some(Elsewhere::Open(origin)) => {
            let led = origin.requests();
            same("how often it led elsewhere", led.len(), 2)?;
            requests.extend(led);
        }
        None => {}
    }
    requests.iter().try_for_each(|request| secrets::check(request, attack))
}

/// Where nothing forbids it, it is dialled: else it would show nothing that it was not.
fn check_that_it_leads_there(attack: &Attack, end: End) -> Result<(), String> {
    match &attack.elsewhere {
        // libcurl itself follows to no such scheme.
        Some(Elsewhere::Forbidden { origin, .. }) if end != End::Libcurl(1) => same(
            "how often the listener was dialled under the policy curl",
            origin.accepted(),
            1,
        ),
        _ => Ok(()),
    }
}

fn without_ports(text: &str, attack: &Attack, own: SocketAddr) -> String {
    let elsewhere = attack.elsewhere.as_ref().map(|elsewhere| match elsewhere {
        Elsewhere::Forbidden { origin, .. } | Elsewhere::Open(origin) => origin.address(),
    });
    let addresses = [Some(own), elsewhere];
    addresses.into_iter().flatten().fold(text.to_owned(), |text, address| {
        let port = address.port();
        text.replace(&format!(":{port}"), ":PORT")
            .replace(&format!("port {port}"), "port PORT")
    })
}

/// What is said of an outcome.
fn sentence(outcome: &Value) -> String {
    format!(
        "({}) {}",
        outcome["code"],
        outcome["message"].as_str().unwrap_or_default()
    )
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, should: T) -> Result<(), String> {
    if is == should {
        Ok(())
    } else {
        Err(format!("{what} must be {should:?} and is {is:?}"))
    }
}
