//! Every form, dialled where nothing can leave.
//!
//! The test starts itself again in a network namespace that has `lo` and nothing else, whose routes lead every address
//! of both families back to it (Linux's AnyIP). There a listener of its own answers whatever is dialled, so that a
//! refusal can be told from an address that would not have answered. What was seen becomes the table of
//! `docs/policy.md`.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use transferhost_tests::command::Transferhost;
use transferhost_tests::table::{Section, Table, code};

use super::forms::{Becomes, FORMS, NEED_NOT_CONNECT};
use super::policy_file::PolicyFile;

const INSIDE: &str = "TRANSFERHOST_TESTS_NAMESPACE";

/// `lo`, all addresses on it, one public address that is the machine's own, then this test again.
const SETUP: &str = "ip link set lo up && ip route add local default dev lo && ip -6 route add local default dev lo && \
    ip address add 93.184.216.34/32 dev lo && \
    exec \"$0\" --exact namespace::inside";

#[test]
fn every_form_where_nothing_can_leave() {
    let ways = [&["--user", "--map-root-user", "--net"][..], &["--net"]];
    let isolated = ways.into_iter().find(|way| {
        let up = ["ip", "link", "set", "lo", "up"];
        let tried = Command::new("unshare").args(*way).args(up).output();
        tried.is_ok_and(|it| it.status.success())
    });
    let Some(way) = isolated else {
        // Not eprintln!, which libtest hides when the test passes.
        let _ = writeln!(
            io::stderr(),
            "SKIPPED: no network namespace can be made here (unshare, ip): forms beyond loopback were not dialled"
        );
        return;
    };
    let ended = Command::new("unshare")
        .args(way)
        .args(["sh", "-c", SETUP])
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    let ran = ended.status.success() && said.contains("1 passed");
    assert!(ran, "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn inside() {
    // The test above starts this one in a namespace. Anywhere else addresses would lead out.
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let routes = fs::read_to_string("/proc/net/route").unwrap();
    let elsewhere = routes.lines().skip(1).find(|route| !route.starts_with("lo\t"));
    assert_eq!(elsewhere, None, "a route leads out");
    let accepted = Arc::new(AtomicUsize::new(0));
    answer_everything(&accepted);
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

/// Answers on port 80 of every address there is.
fn answer_everything(accepted: &Arc<AtomicUsize>) {
    let listener = TcpListener::bind("[::]:80").unwrap();
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
