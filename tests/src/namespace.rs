//! A network namespace of a test's own: `lo` and nothing else, and its routes lead every address of both families back to
//! it (Linux's AnyIP). Whatever is dialled there is answered by the test, and nothing can leave.

use std::fs;
use std::process::{Command, Stdio};

const INSIDE: &str = "TRANSFERHOST_TESTS_NAMESPACE";

/// `lo`, and all addresses on it.
const LOOPBACK: &str = "ip link set lo up && ip route add local default dev lo && ip -6 route add local default dev lo";

/// Runs a test of the calling test binary again, in a namespace of its own that also has its own mounts, after these
/// further steps of a shell. Where no namespace can be made it says so, loudly, and does nothing.
///
/// # Panics
/// Where that test fails there, or does not run.
pub fn run_inside(test: &str, steps: &[&str]) {
    let ways = [
        &["--user", "--map-root-user", "--net", "--mount"][..],
        &["--net", "--mount"],
    ];
    let isolated = ways.into_iter().find(|way| {
        let up = ["ip", "link", "set", "lo", "up"];
        let tried = Command::new("unshare").args(*way).args(up).output();
        tried.is_ok_and(|it| it.status.success())
    });
    let Some(way) = isolated else {
        crate::skip(&format!(
            "no network namespace can be made here (unshare, ip): {test} was not tried"
        ));
        return;
    };
    let again = format!("exec \"$0\" --exact {test}");
    let script = [&[LOOPBACK], steps, &[again.as_str()]].concat().join(" && ");
    let ended = Command::new("unshare")
        .args(way)
        .args(["sh", "-c", &script])
        .arg(std::env::current_exe().expect("a test knows its own path"))
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .output()
        .expect("unshare ran a moment ago");
    let said = String::from_utf8_lossy(&ended.stdout);
    let ran = ended.status.success() && said.contains("1 passed");
    assert!(ran, "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
}

/// Whether this is the test that [`run_inside`] runs. Anywhere else addresses would lead out, and it must do nothing.
///
/// # Panics
/// Where a route leads out all the same.
pub fn is_inside() -> bool {
    if std::env::var_os(INSIDE).is_none() {
        return false;
    }
    let routes = fs::read_to_string("/proc/net/route").expect("Linux has it");
    let elsewhere = routes.lines().skip(1).find(|route| !route.starts_with("lo\t"));
    assert_eq!(elsewhere, None, "a route leads out");
    true
}
