//! OpenSSH's sshd on loopback, for `sftp://` and `scp://`.
//!
//! The listener is the test's own, and each connection gets an `sshd -i`: no port is lost between looking for a free one
//! and taking it, it can be told how often the port was dialled, and another host key takes effect with the next
//! connection. Whoever runs the test logs in as himself, with a key of the test's own.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;
use transferhost::LibcurlVersion;

use crate::PATIENCE;

/// A key pair of a host's.
#[derive(Clone, Debug)]
pub struct HostKey {
    file: PathBuf,
    public: String,
}

impl HostKey {
    fn make(folder: &Path, name: &str, kind: &str) -> anyhow::Result<Self> {
        let file = folder.join(name);
        keygen(&["-t", kind, "-f"], &file)?;
        let public = fs::read_to_string(file.with_extension("pub"))?;
        let public = public.trim_end().to_owned();
        Ok(Self { file, public })
    }

    /// Its type and its bytes in base64, as they stand in a public key file and in a line of known hosts.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// Its bytes in base64, padded.
    pub fn base64(&self) -> &str {
        self.public.split(' ').nth(1).unwrap_or_default()
    }

    /// Its SHA-256 in base64 without padding, as ssh-keygen has it.
    pub fn sha256(&self) -> anyhow::Result<String> {
        let listed = ssh_keygen().arg("-lf").arg(&self.file).output()?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let digest = listed.split("SHA256:").nth(1).and_then(|it| it.split(' ').next());
        digest
            .map(str::to_owned)
            .with_context(|| format!("a digest in {listed}"))
    }
}

/// A listener behind which sshd answers. When it is dropped, so that no client is left, it waits for each sshd that it
/// started to end, and in the end kills it, by its process id.
pub struct Sshd {
    folder: TempDir,
    address: SocketAddr,
    user: String,
    key: HostKey,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    accepted: AtomicUsize,
    children: Mutex<Vec<Child>>,
}

impl Sshd {
    /// Listens on a free port, with an ed25519 key. `None` where the libcurl of this build speaks no SSH, and where sshd
    /// is not installed or cannot run here, which is said on stderr, once; where the environment says `CI=true` the
    /// latter is an error.
    pub fn start() -> anyhow::Result<Option<Self>> {
        if !LibcurlVersion::get().protocols.iter().any(|it| it == "sftp") {
            skipped("the libcurl of this build speaks no SSH");
            return Ok(None);
        }
        let Some(program) = find() else {
            return cannot("sshd is not installed: scripts/setup test installs it");
        };
        let folder = TempDir::with_prefix("transferhost-sshd-")?;
        fs::create_dir(folder.path().join("files"))?;
        let key = HostKey::make(folder.path(), "host-1", "ed25519")?;
        // libssh2 before 1.11 reads no other form everywhere.
        keygen(
            &["-t", "rsa", "-b", "2048", "-m", "PEM", "-f"],
            &folder.path().join("user"),
        )?;
        configure(folder.path(), &key)?;
        if let Err(why) = check(&program, folder.path()) {
            return cannot(&format!("sshd cannot run here: {why}"));
        }
        let user = Command::new("id").arg("-un").output().context("id")?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let acceptor = thread::spawn({
            let (shared, folder) = (Arc::clone(&shared), folder.path().to_owned());
            move || accept(&listener, &program, &folder, &shared)
        });
        Ok(Some(Self {
            folder,
            address,
            user: String::from_utf8_lossy(&user.stdout).trim_end().to_owned(),
            key,
            shared,
            acceptor: Some(acceptor),
        }))
    }

    /// A key of this type (ssh-keygen's name of it) that the host does not show.
    pub fn other_key(&self, kind: &str) -> anyhow::Result<HostKey> {
        let count = fs::read_dir(self.folder.path())?.count();
        HostKey::make(self.folder.path(), &format!("host-{count}"), kind)
    }

    /// From the next connection on the host shows this key, and no other.
    pub fn show(&mut self, key: HostKey) -> anyhow::Result<()> {
        configure(self.folder.path(), &key)?;
        self.key = key;
        Ok(())
    }

    /// The key that the host shows.
    pub fn key(&self) -> &HostKey {
        &self.key
    }

    /// The line of known hosts that says that this host has this key.
    pub fn known_line(&self, key: &HostKey) -> String {
        format!("[127.0.0.1]:{} {}\n", self.address.port(), key.public())
    }

    /// The URL of a file in [`Sshd::file`]'s folder.
    pub fn url(&self, scheme: &str, name: &str) -> String {
        let folder = self.folder.path().join("files");
        format!("{scheme}://{}@{}{}/{name}", self.user, self.address, folder.display())
    }

    /// The flags with which curl's users log in.
    pub fn login(&self) -> [String; 4] {
        let key = self.folder.path().join("user");
        let public = key.with_extension("pub");
        let text = |path: &Path| path.to_string_lossy().into_owned();
        ["--key".into(), text(&key), "--pubkey".into(), text(&public)]
    }

    /// The path of a file that is served, or may be uploaded to.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("files").join(name)
    }

    /// How often it was dialled.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// What sshd said so far, of all connections.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which looks at `stopped` first.
        let woken = TcpStream::connect_timeout(&self.address, PATIENCE);
        if let Some(acceptor) = self.acceptor.take()
            && woken.is_ok()
        {
            let _ = acceptor.join();
        }
        let children = std::mem::take(&mut *self.shared.children.lock().unwrap_or_else(PoisonError::into_inner));
        for mut child in children {
            end(&mut child);
        }
    }
}

/// sshd ends when its client has gone, and takes the processes with it that it made; killed, it would leave them behind.
fn end(child: &mut Child) {
    let since = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if since.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn accept(listener: &TcpListener, program: &Path, folder: &Path, shared: &Shared) {
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        shared.accepted.fetch_add(1, Ordering::SeqCst);
        // A connection that gets no sshd is closed, and the test fails.
        if let Ok(child) = answer(stream, program, folder) {
            let mut children = shared.children.lock().unwrap_or_else(PoisonError::into_inner);
            children.push(child);
        }
    }
}

fn answer(stream: TcpStream, program: &Path, folder: &Path) -> io::Result<Child> {
    let log = File::options().create(true).append(true).open(folder.join("log"))?;
    Command::new(program)
        .args(["-i", "-e", "-f"])
        .arg(folder.join("config"))
        .stdin(std::os::fd::OwnedFd::from(stream.try_clone()?))
        .stdout(std::os::fd::OwnedFd::from(stream))
        .stderr(log)
        .spawn()
}

fn configure(folder: &Path, key: &HostKey) -> io::Result<()> {
    // RSA with SHA-1 is all that libssh2 before 1.11 knows of RSA.
    let text = format!(
        "HostKey {}\nAuthorizedKeysFile {}\nSubsystem sftp internal-sftp\nStrictModes no\nUsePAM no\nPidFile none\n\
         HostKeyAlgorithms +ssh-rsa\nPubkeyAcceptedAlgorithms +ssh-rsa\nLogLevel VERBOSE\n",
        key.file.display(),
        folder.join("user.pub").display()
    );
    fs::write(folder.join("config"), text)
}

/// Whether sshd could run; as root it wants a folder, which Debian's service would make.
fn check(program: &Path, folder: &Path) -> anyhow::Result<()> {
    let test = || -> anyhow::Result<Result<(), String>> {
        let tested = Command::new(program)
            .args(["-t", "-f"])
            .arg(folder.join("config"))
            .stdin(Stdio::null())
            .output()?;
        let said = String::from_utf8_lossy(&tested.stderr).trim_end().replace("\r\n", "; ");
        Ok(if tested.status.success() { Ok(()) } else { Err(said) })
    };
    let Err(said) = test()? else { return Ok(()) };
    let Some((_, missing)) = said.split_once("Missing privilege separation directory: ") else {
        bail!(said)
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(missing)
        .context(said.clone())?;
    test()?.map_err(anyhow::Error::msg)
}

fn cannot(why: &str) -> anyhow::Result<Option<Sshd>> {
    if std::env::var_os("CI").is_some_and(|it| it == "true") {
        bail!("{why}");
    }
    skipped(why);
    Ok(None)
}

fn skipped(why: &str) {
    static ONCE: Once = Once::new();
    // Not eprintln!, which libtest hides when the test passes.
    ONCE.call_once(|| drop(writeln!(io::stderr(), "SKIPPED: tests with sshd: {why}")));
}

fn ssh_keygen() -> Command {
    let mut command = Command::new("ssh-keygen");
    command.stdin(Stdio::null());
    command
}

fn keygen(kind: &[&str], file: &Path) -> anyhow::Result<()> {
    let made = ssh_keygen()
        .args(["-q", "-N", "", "-C", ""])
        .args(kind)
        .arg(file)
        .output()
        .context("ssh-keygen")?;
    if !made.status.success() {
        bail!("ssh-keygen {kind:?}: {}", String::from_utf8_lossy(&made.stderr));
    }
    Ok(())
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps it out of an ordinary user's PATH.
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")])
        .map(|it| it.join("sshd"))
        .find(|it| it.is_file())
}
