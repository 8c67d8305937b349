//! What a process that hardened itself can still do, tried by that process: the test starts itself again, hardens itself
//! there with the library, and tries.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::{env, fs, thread};

use rustix::process::{DumpableBehavior, Pid, Resource, Rlimit, Signal};
use socket2::{Domain, Protocol, Socket, Type};
use tempfile::TempDir;
use transferhost::testing::make_code;
use transferhost::{CacheDirectory, Hardening, Host, Loader, MemorySink, Policy, Transfer, TransferSpec};
use transferhost_tests::command::binary;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use super::policy_file::PolicyFile;

/// The folder of the one inside; its presence says that this is it.
const INSIDE: &str = "TRANSFERHOST_TESTS_HARDENED";

/// What each answers. EACCES is Landlock's no, EPERM the filter's to what is asked, ENOSYS its to what is not listed.
const EXPECTED: &[(&str, &str)] = &[
    // After the first step.
    ("first: read the plugin", "ok"),
    ("first: write the cache", "ok"),
    ("first: write another file", "EACCES"),
    ("first: read another file", "EACCES"),
    ("first: run a program", "EACCES"),
    ("first: become a program", "EACCES"),
    ("first: listen on TCP", "EACCES"),
    ("first: connect to another port", "EACCES"),
    ("first: be dumped", "no"),
    // After the second, on the thread that transfers and on one that it made.
    ("read the plugin", "EACCES"),
    ("read what is named", "ok"),
    ("read another file", "EACCES"),
    ("write the cache", "EACCES"),
    ("write what is named", "ok"),
    ("write another file", "EACCES"),
    ("make a folder", "EACCES"),
    ("make a link", "ENOSYS"),
    ("remove what is named", "EACCES"),
    ("run a program", "EPERM"),
    ("become a program", "ENOSYS"),
    ("make code", "refused"),
    ("load another plugin", "refused"),
    ("listen on TCP", "EPERM"),
    ("bind UDP", "EPERM"),
    ("connect to an open port", "ok"),
    ("connect to another port", "EACCES"),
    ("connect to an abstract socket", "EPERM"),
    ("open a raw socket", "EPERM"),
    ("open a packet socket", "EPERM"),
    ("open MPTCP", "EPERM"),
    ("open the audit's netlink", "EPERM"),
    ("signal another process", "ENOSYS"),
    ("raise a limit", "EPERM"),
    ("be dumped again", "EPERM"),
    ("resolve a name", "ok"),
    ("transfer through a plugin", "CURLE_OK"),
    // One that was made between the steps: the filter holds for it, and of Landlock the first step at least.
    ("between: write another file", "EACCES"),
    ("between: run a program", "EPERM"),
    ("between: listen on TCP", "EPERM"),
];

#[test]
fn what_is_given_up_is_gone() {
    let (open, closed) = (
        http::serve(|_| Response::ok("body")).unwrap(),
        Origin::forbidden(Listen::default()).unwrap(),
    );
    let name = format!("transferhost-hardened-{}", std::process::id());
    let _listens = UnixListener::bind_addr(&UnixAddr::from_abstract_name(&name).unwrap()).unwrap();
    let folder = TempDir::new().unwrap();
    for file in ["named", "out", "other"] {
        fs::write(folder.path().join(file), "there").unwrap();
    }
    fs::create_dir(folder.path().join("cache")).unwrap();
    fs::copy(guest("pass"), folder.path().join("plugin.wasm")).unwrap();
    // A second one that may be read to the end, and was not compiled before.
    fs::copy(guest("redactor"), folder.path().join("late.wasm")).unwrap();
    let ended = Command::new(env::current_exe().unwrap())
        .args(["--exact", "inside::inside", "--nocapture", "--test-threads=1"])
        .env(INSIDE, folder.path())
        .env("OPEN", open.address().to_string())
        .env("CLOSED", closed.address().to_string())
        .env("NAME", &name)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}\n{stderr}");
    if let Some(lacking) = said.lines().find_map(|line| line.strip_prefix("lacking: ")) {
        transferhost_tests::skip(lacking);
        return;
    }
    let mut wrong = Vec::new();
    for (what, expected) in EXPECTED {
        let got: Vec<_> = said
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{what}: ")))
            .collect();
        // What follows the second step is tried on two threads.
        let times = if what.contains(": ") || what.starts_with("transfer") {
            1
        } else {
            2
        };
        if got.len() != times || got.iter().any(|got| got != expected) {
            wrong.push(format!("{what}: {got:?}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{said}\n{stderr}", wrong.join("\n"));
    assert_eq!(closed.accepted(), 0);
    assert_eq!(fs::read_to_string(folder.path().join("other")).unwrap(), "there");
}

#[test]
fn inside() {
    let Some(folder) = env::var_os(INSIDE) else { return };
    let folder = Path::new(&folder);
    let open = address("OPEN");
    let at = |name: &str| folder.join(name);
    let policy = PolicyFile::open(&[open.port()], &["127.0.0.1/32"]);
    let policy = Policy::from_file(policy.words()[1].as_ref(), None).unwrap();
    let cache = CacheDirectory::open(&at("cache")).unwrap();
    let loader = Loader::start(binary()).unwrap().with_cache(cache);
    let hardening = Hardening::new(&policy)
        .loads(at("plugin.wasm"))
        .caches(at("cache"))
        .reads(at("named"))
        .reads(at("late.wasm"))
        .writes(at("out"));
    let mut hardened = hardening.begin();
    // libtest has begun a line.
    println!();
    told("first: read the plugin", fs::read(at("plugin.wasm")));
    told("first: write the cache", fs::write(at("cache/mine"), "x"));
    told("first: write another file", fs::write(at("other"), "x"));
    told("first: read another file", fs::read(at("other")));
    told("first: run a program", Command::new("/bin/true").status());
    told(
        "first: become a program",
        Err::<(), _>(Command::new("/bin/true").exec()),
    );
    told("first: listen on TCP", TcpListener::bind("127.0.0.1:0"));
    told("first: connect to another port", TcpStream::connect(address("CLOSED")));
    let dumpable = rustix::process::dumpable_behavior().unwrap() != DumpableBehavior::NotDumpable;
    println!("first: be dumped: {}", if dumpable { "yes" } else { "no" });

    let host = Host::new(policy, loader).unwrap();
    let plugin = host.load(&at("plugin.wasm")).unwrap();
    let (go, wait) = mpsc::channel::<()>();
    let between = thread::spawn({
        let other = at("other");
        move || {
            wait.recv().unwrap();
            told("between: write another file", fs::write(other, "x"));
            told("between: run a program", Command::new("/bin/true").status());
            told("between: listen on TCP", TcpListener::bind("127.0.0.1:0"));
        }
    });
    hardened.narrow();
    if let Some(lacking) = hardened.lacking().first() {
        println!("lacking: {lacking}");
        return;
    }
    go.send(()).unwrap();
    between.join().unwrap();
    attempt(&host, folder);
    thread::scope(|scope| scope.spawn(|| attempt(&host, folder)).join().unwrap());
    let spec = TransferSpec {
        url: format!("http://{open}/"),
        ..TransferSpec::default()
    };
    let transfer = Transfer::new(&host, Some(&plugin), spec, Box::new(MemorySink::new(1 << 20))).unwrap();
    println!("transfer through a plugin: {}", transfer.run().name);
}

/// All of it once.
fn attempt(host: &Host, folder: &Path) {
    let at = |name: &str| folder.join(name);
    told("read the plugin", fs::read(at("plugin.wasm")));
    told("read what is named", fs::read(at("named")));
    told("read another file", fs::read(at("other")));
    told("write the cache", fs::write(at("cache/mine"), "y"));
    told("write what is named", fs::write(at("out"), "y"));
    told("write another file", fs::write(at("other"), "y"));
    told("make a folder", fs::create_dir(at("folder")));
    told("make a link", std::os::unix::fs::symlink("out", at("link")));
    told("remove what is named", fs::remove_file(at("out")));
    told("run a program", Command::new("/bin/true").status());
    told("become a program", Err::<(), _>(Command::new("/bin/true").exec()));
    match make_code() {
        Err(error) if error.contains("Operation not permitted") => println!("make code: refused"),
        other => println!("make code: {other:?}"),
    }
    match host.load(&at("late.wasm")) {
        Err(error) => println!(
            "load another plugin: {}",
            if error.to_string().contains("cannot be had") {
                "refused"
            } else {
                "?"
            }
        ),
        Ok(_) => println!("load another plugin: ok"),
    }
    told("listen on TCP", TcpListener::bind("127.0.0.1:0"));
    told("bind UDP", UdpSocket::bind("127.0.0.1:0"));
    told("connect to an open port", TcpStream::connect(address("OPEN")));
    told("connect to another port", TcpStream::connect(address("CLOSED")));
    let name = UnixAddr::from_abstract_name(env::var("NAME").unwrap()).unwrap();
    told("connect to an abstract socket", UnixStream::connect_addr(&name));
    told(
        "open a raw socket",
        Socket::new(Domain::IPV4, Type::from(libc::SOCK_RAW), Some(Protocol::ICMPV4)),
    );
    told(
        "open a packet socket",
        Socket::new(Domain::from(libc::AF_PACKET), Type::DGRAM, None),
    );
    told(
        "open MPTCP",
        Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::from(libc::IPPROTO_MPTCP))),
    );
    let audit = Some(Protocol::from(libc::NETLINK_AUDIT));
    told(
        "open the audit's netlink",
        Socket::new(Domain::from(libc::AF_NETLINK), Type::from(libc::SOCK_RAW), audit),
    );
    let parent = Pid::from_raw(std::os::unix::process::parent_id() as i32).unwrap();
    told(
        "signal another process",
        rustix::process::kill_process(parent, Signal::CONT).map_err(io::Error::from),
    );
    let core = Rlimit {
        current: Some(1),
        maximum: Some(1),
    };
    told(
        "raise a limit",
        rustix::process::setrlimit(Resource::Core, core).map_err(io::Error::from),
    );
    let again = rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable);
    told("be dumped again", again.map_err(io::Error::from));
    told("resolve a name", ("localhost", 80).to_socket_addrs());
}

fn address(variable: &str) -> SocketAddr {
    env::var(variable).unwrap().parse().unwrap()
}

/// One line: ok, or the error by libc's name.
fn told<T: Debug>(what: &str, result: io::Result<T>) {
    let outcome = match result.map_err(|error| (error.raw_os_error(), error)) {
        Ok(_) => "ok".to_owned(),
        Err((Some(libc::EACCES), _)) => "EACCES".to_owned(),
        Err((Some(libc::EPERM), _)) => "EPERM".to_owned(),
        Err((Some(libc::ENOSYS), _)) => "ENOSYS".to_owned(),
        Err((_, error)) => format!("{error:?}"),
    };
    println!("{what}: {outcome}");
}
