//! Every form, dialled where nothing can leave.
//!
//! The test starts itself again in a network namespace. There a listener of its own answers whatever is dialled, so that a
//! refusal can be told from an address that would not have answered. What was seen becomes the table of
//! `docs/policy.md`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use transferhost_tests::command::Transferhost;
use transferhost_tests::namespace::{self, Beyond, is_inside, run_inside};
use transferhost_tests::table::{Section, Table, code};

use super::forms::{Becomes, FORMS, NEED_NOT_CONNECT};
use super::policy_file::PolicyFile;

/// One public address that is the machine's own.
const OWN: &str = "ip address add 93.184.216.34/32 dev lo";

#[test]
fn every_form_where_nothing_can_leave() {
    run_inside("namespace::inside", &[OWN]);
}

#[test]
fn inside() {
    // The test above starts this one in a namespace.
    if !is_inside() {
        return;
    }
    let accepted = Arc::new(AtomicUsize::new(0));
    answer_everything(&accepted, &Beyond::new("namespace::lends"));
    let bundled = Transferhost::new().arg("--version").end().text().contains(" bundled");
    let mut table = Table::new(["form", "URL", "under `tenant`"]);
    let mut wrong = Vec::new();
    for (attack, host, becomes) in FORMS {
        let (seen, connects) = observe(host, &accepted);
        let holds = match *becomes {
            Becomes::Denied(class) => seen.starts_with(&format!("denied, {class}: ")),
            Becomes::Dialled => seen == "dialled",
            Becomes::Nothing(code) => seen == format!("no address, {code}"),
        };
        // Another libcurl, or one that knows IDN, takes these for other hosts. What matters is that none is dialled.
        let may_differ = !bundled && matches!(*attack, "A17" | "A18" | "A19");
        let not_dialled = seen.starts_with("denied, ") || seen.starts_with("no address, ");
        let controlled = connects || NEED_NOT_CONNECT.contains(host);
        if !(holds && controlled || may_differ && not_dialled) {
            wrong.push(format!(
                "{attack} {host}: {seen}; without the policy it connects: {connects}"
            ));
        }
        table.row([(*attack).to_owned(), code(&format!("http://{host}/")), seen]);
    }
    assert!(wrong.is_empty(), "not as they must be:\n{}", wrong.join("\n"));
    if bundled {
        let settled = Section::of("policy.md", "addresses").settle(table);
        settled.unwrap_or_else(|difference| panic!("{difference}"));
    }
}

/// `Beyond` starts this one in its namespace.
#[test]
fn lends() {
    namespace::lend();
}

/// Answers on port 80 of every address there is: of this machine, and of all others.
pub(crate) fn answer_everything(accepted: &Arc<AtomicUsize>, beyond: &Beyond) {
    for listener in [TcpListener::bind("[::]:80").unwrap(), beyond.listen(80)] {
        let accepted = accepted.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                accepted.fetch_add(1, Ordering::SeqCst);
                let Ok(mut stream) = stream else { continue };
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ninside");
            }
        });
    }
}

/// Dials a form under the tenant policy, and says what became of it; and whether the same URL connects without it.
fn observe(host: &str, accepted: &AtomicUsize) -> (String, bool) {
    let url = format!("http://{host}/");
    let policy = PolicyFile::of("nat64 = [\"2a00:1:2:3::/64\"]");
    let before = accepted.load(Ordering::SeqCst);
    let ended = Transferhost::run()
        .args(policy.words())
        .args(["--no-plugin", "-v", "-m", "10", &url])
        .end();
    let dialled = accepted.load(Ordering::SeqCst) - before;
    let control = Transferhost::run().args(["--no-plugin", "-m", "10", &url]).end();
    let connects = control.text() == "inside";
    let rules = ended.stderr.lines().filter_map(|line| {
        let denied = line.strip_prefix("transferhost: denied ")?;
        denied.split_once(": ").map(|(_, rule)| rule)
    });
    let rules: Vec<_> = rules.collect();
    let seen = match (ended.code(), dialled, rules.first()) {
        (Some(7), 0, Some(rule)) => format!("denied, {rule}"),
        (Some(0), 1, None) => "dialled".to_owned(),
        (Some(code), 0, None) => format!("no address, {code}"),
        (code, dialled, _) => format!("code {code:?}, dialled {dialled} times: {}", ended.stderr),
    };
    (seen, connects)
}
