//! Network namespaces of a test's own, which nothing can leave.
//!
//! The test runs in one, as a machine with `lo` and a few addresses. [`Beyond`] is the rest of the world: a second namespace, at
//! the other end of a pair of interfaces, whose routes lead every address of both families to it (Linux's AnyIP). So an
//! address that is dialled in the first is not the machine's own, and is answered by the test all the same.

use std::fs;
use std::io::{BufRead as _, BufReader, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

const INSIDE: &str = "TRANSFERHOST_TESTS_NAMESPACE";
const LENDS: &str = "TRANSFERHOST_TESTS_LENDS";

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
    let script = [&["ip link set lo up"], steps, &[again.as_str()]].concat().join(" && ");
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

/// Runs a step of a shell in the namespace of the test.
///
/// # Panics
/// Where it fails, or this is no test that [`run_inside`] runs.
pub fn step(step: &str) {
    assert!(is_set(), "{step}: only in a namespace of the test's own");
    let ended = Command::new("sh")
        .args(["-c", step])
        .output()
        .expect("there is a shell");
    assert!(
        ended.status.success(),
        "{step}: {}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

fn is_set() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// All addresses but the machine's own, as long as this is there.
pub struct Beyond {
    holder: Child,
    lender: &'static str,
}

/// What the second namespace does. It is gone when its `cat` ends, with the test.
const HOLDS: &str = "ip link set lo up && ip route add local default dev lo && ip -6 route add local default dev lo && \
                     echo up && exec cat";

/// The interface that leads beyond, whose index is 9. Both ends have one address and ask for none, so that all that is sent
/// at one end is for the other, link-local addresses too. `$0` is the second namespace's process.
const LINK: &str = "\
    pair='address 02:00:00:00:00:01' && beyond=\"nsenter --net=/proc/$0/ns/net\" && \
    ip link add out index 9 $pair type veth peer name in $pair netns $0 && \
    ip link set out arp off addrgenmode none up && \
    ip address add 172.31.255.254/32 dev out && \
    ip -6 address add fd00:ffff::1/128 dev out nodad && \
    $beyond ip link set in arp off addrgenmode none up && \
    $beyond ip route add 172.31.255.254/32 dev in table local && \
    $beyond ip -6 route add fd00:ffff::1/128 dev in table local && \
    $beyond ip -6 route add local fe80::/10 dev in table local && \
    ip route add default dev out src 172.31.255.254 && \
    ip -6 route add default dev out src fd00:ffff::1 && \
    ip -6 route add fe80::/10 dev out src fd00:ffff::1";

impl Beyond {
    /// Makes it. `lender` is a test of the calling binary that does no more than [`lend`].
    ///
    /// # Panics
    /// Where it cannot be made, or this is no test that [`run_inside`] runs.
    pub fn new(lender: &'static str) -> Beyond {
        assert!(is_set(), "only in a namespace of the test's own");
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", HOLDS])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare ran a moment ago");
        let mut said = String::new();
        let stdout = holder.stdout.take().expect("it was piped");
        let read = BufReader::new(stdout).read_line(&mut said);
        assert!(read.is_ok() && said == "up\n", "no second namespace: {said}");
        let link = Command::new("sh")
            .args(["-c", LINK, &holder.id().to_string()])
            .output()
            .expect("there is a shell");
        assert!(link.status.success(), "{}", String::from_utf8_lossy(&link.stderr));
        Beyond { holder, lender }
    }

    /// Listens on this port of every address beyond.
    ///
    /// # Panics
    /// Where it cannot.
    pub fn listen(&self, port: u16) -> TcpListener {
        let (ours, theirs) = UnixStream::pair().expect("there is room for a pair of sockets");
        let lent = Command::new("nsenter")
            .arg(format!("--net=/proc/{}/ns/net", self.holder.id()))
            .arg(std::env::current_exe().expect("a test knows its own path"))
            .args(["--exact", self.lender])
            .env(LENDS, port.to_string())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .output()
            .expect("nsenter is there");
        assert!(lent.status.success(), "{}", String::from_utf8_lossy(&lent.stdout));
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut rights = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        recvmsg(
            &ours,
            &mut [IoSliceMut::new(&mut byte)],
            &mut rights,
            RecvFlags::CMSG_CLOEXEC,
        )
        .expect("it was lent");
        let mut sockets = rights.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
            _ => None,
        });
        let socket = sockets.next().and_then(|mut sockets| sockets.next());
        TcpListener::from(socket.expect("it was lent"))
    }
}

impl Drop for Beyond {
    fn drop(&mut self) {
        // What was lent stays where it is.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Hands a listening socket of this namespace to whoever asked for it; does nothing where nobody did.
///
/// # Panics
/// Where it cannot.
pub fn lend() {
    let Ok(port) = std::env::var(LENDS) else { return };
    let port: u16 = port.parse().expect("a port was asked for");
    let listener = TcpListener::bind(("::", port)).unwrap_or_else(|error| panic!("{port}: {error}"));
    let sockets = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut rights = SendAncillaryBuffer::new(&mut space);
    assert!(rights.push(SendAncillaryMessage::ScmRights(&sockets)));
    sendmsg(std::io::stdin(), &[IoSlice::new(&[0])], &mut rights, SendFlags::empty()).expect("somebody waits for it");
}
