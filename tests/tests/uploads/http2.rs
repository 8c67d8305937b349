//! Over HTTP/2, which frames a body of unknown size by itself.

use std::fs::{self, File};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use transferhost_tests::PATIENCE;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::nginx::Nginx;
use transferhost_tests::tls::Authority;
use transferhost_tests::{outcome, running};

use super::scripted::{ALL, Scripted};

/// nginx that stores what is PUT.
struct Storage {
    folder: TempDir,
    process: Child,
    port: u16,
}

impl Storage {
    /// `None` where nginx is not installed, as in [`Nginx::start`].
    fn start(authority: &Authority) -> Option<Self> {
        drop(Nginx::start(authority).unwrap()?);
        let folder = TempDir::with_prefix("transferhost-storage-").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let configuration = include_str!("http2.conf")
            .replace("@PORT@", &port.to_string())
            .replace("@CERTIFICATE@", &authority.certificate_file().to_string_lossy())
            .replace("@KEY@", &authority.key_file().to_string_lossy())
            .replace("@FOLDER@", &folder.path().to_string_lossy());
        fs::create_dir(folder.path().join("stored")).unwrap();
        fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let process = Command::new("nginx")
            .env("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/bin")
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "error.log"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let storage = Self { folder, process, port };
        let since = Instant::now();
        while !storage.folder.path().join("nginx.pid").exists() {
            assert!(since.elapsed() < PATIENCE, "nginx does not start");
            thread::sleep(Duration::from_millis(10));
        }
        Some(storage)
    }

    fn url(&self, name: &str) -> String {
        format!("https://127.0.0.1:{}/stored/{name}", self.port)
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_body_of_unknown_size_needs_no_chunks() {
    let authority = Authority::new().unwrap();
    let Some(storage) = Storage::start(&authority) else {
        return;
    };
    let (generator, size) = (guest("upload-generator"), 3 << 20);
    let pausing = format!(
        "(if (result i32) (i32.and (global.get $calls) (i32.const 1))
          (then (call $pause (i32.const 1))) (else {ALL}))"
    );
    let scripted = Scripted::read(b"paused before each four bytes", &pausing);
    for (name, plugin) in [("generated", generator.as_path()), ("paused", scripted.path())] {
        let ended = Transferhost::run()
            .args(["--outcome", "-", "--set", "size=3m"])
            .arg(plugin)
            .args(["-sS", "-v", "--http2", "--cacert"])
            .arg(authority.ca_file())
            .args(["-T", "-", &storage.url(name)])
            .end();
        assert_eq!(ended.code(), Some(0), "{name}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("\n> PUT ") && ended.stderr.contains(" HTTP/2"),
            "{name}: {}",
            ended.stderr
        );
        let framed = ["transfer-encoding", "content-length"]
            .map(|it| ended.stderr.to_ascii_lowercase().contains(&format!("> {it}")));
        assert_eq!(framed, [false, false], "{name}: {}", ended.stderr);
        assert_eq!(outcome::of(&ended)["status"], 201, "{name}");
    }
    let stored = |name: &str| storage.folder.path().join("stored").join(name);
    assert_eq!(fs::read(stored("paused")).unwrap(), b"paused before each four bytes");
    let expected = storage.folder.path().join("expected");
    let counted: Vec<u8> = (0..size as u64 / 8).flat_map(u64::to_be_bytes).collect();
    fs::write(&expected, counted).unwrap();
    let compared = running::same_bytes(File::open(stored("generated")).unwrap(), &expected);
    assert_eq!(compared, Ok(size as u64));
    let log = fs::read_to_string(storage.folder.path().join("access.log")).unwrap();
    assert!(log.lines().all(|line| line.contains("HTTP/2.0")), "{log}");
}
