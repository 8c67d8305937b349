//! Debian's nginx on loopback, for what only a real server shows: HTTP/2, its own gzip and chunks, sendfile.
//!
//! What lies in [`Nginx::file`]'s folder is served at `/` as it is, at `/gzip/` compressed, at `/chunked/` in chunks;
//! `/moved` redirects, `/denied` is a 403. All of it over http, and over https with HTTP/1.1 or HTTP/2.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::PATIENCE;
use crate::tls::Authority;

/// A running nginx. It is killed, by its process id, when it is dropped.
pub struct Nginx {
    folder: TempDir,
    process: Child,
    http: u16,
    https: u16,
}

impl Nginx {
    /// Starts it, with the authority's leaf for https. `None` where nginx is not installed, which is said on stderr;
    /// where the environment says `CI=true` that is an error.
    pub fn start(authority: &Authority) -> anyhow::Result<Option<Self>> {
        let Some(program) = find() else {
            if std::env::var_os("CI").is_some_and(|it| it == "true") {
                bail!("nginx is not installed: run scripts/setup test");
            }
            // Not eprintln!, which libtest hides when the test passes.
            let _ = writeln!(
                io::stderr(),
                "SKIPPED: nginx is not installed (scripts/setup test installs it)"
            );
            return Ok(None);
        };
        // A port that was free a moment ago may be another's now, since nginx takes no port 0: then try others.
        for _ in 0..5 {
            if let Some(nginx) = Self::try_start(&program, authority)? {
                return Ok(Some(nginx));
            }
        }
        bail!("nginx found no free port in five attempts")
    }

    fn try_start(program: &Path, authority: &Authority) -> anyhow::Result<Option<Self>> {
        let folder = TempDir::with_prefix("transferhost-nginx-")?;
        fs::create_dir(folder.path().join("files"))?;
        fs::write(folder.path().join("files/small.txt"), "small\n")?;
        let (http, https) = free_ports()?;
        let configuration = include_str!("nginx.conf")
            .replace("@HTTP@", &http.to_string())
            .replace("@HTTPS@", &https.to_string())
            .replace("@CERTIFICATE@", &authority.certificate_file().to_string_lossy())
            .replace("@KEY@", &authority.key_file().to_string_lossy())
            // `alias` is relative to where nginx was built for, not to -p.
            .replace(
                "alias files/",
                &format!("alias \"{}/\"", folder.path().join("files").display()),
            );
        fs::write(folder.path().join("nginx.conf"), configuration)?;
        let process = Command::new(program)
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "error.log"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("nginx cannot be started")?;
        let mut nginx = Self {
            folder,
            process,
            http,
            https,
        };
        Ok(if nginx.listens()? { Some(nginx) } else { None })
    }

    /// Waits until both ports accept; false where nginx ended because one was taken.
    fn listens(&mut self) -> anyhow::Result<bool> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.process.try_wait()?.is_some() {
                let log = self.log();
                if log.contains("Address already in use") {
                    return Ok(false);
                }
                bail!("nginx ended at once: {log}");
            }
            let bound = self.folder.path().join("nginx.pid").exists();
            if bound && [self.http, self.https].iter().all(|it| accepts(*it)) {
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(10));
        }
        bail!("nginx does not listen: {}", self.log())
    }

    /// A URL over http.
    pub fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.http)
    }

    /// A URL over https; the client has to be given [`Authority::ca_file`].
    pub fn https(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.https)
    }

    /// Puts a file into what is served, and returns its path.
    pub fn file(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.folder.path().join("files").join(name);
        fs::write(&path, content)?;
        Ok(path)
    }

    /// Puts a file of so many bytes into what is served: 64-bit counters, so that a byte lost, doubled or displaced
    /// changes what follows.
    pub fn counted_file(&self, name: &str, bytes: u64) -> io::Result<PathBuf> {
        let path = self.folder.path().join("files").join(name);
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        let mut left = bytes;
        let mut count = 0_u64;
        while left > 0 {
            let part = left.min(8);
            file.write_all(&count.to_be_bytes()[..part as usize])?;
            left -= part;
            count += 1;
        }
        file.flush()?;
        Ok(path)
    }

    /// Puts a sparse file of so many zero bytes into what is served; it takes no room on the disk.
    pub fn sparse_file(&self, name: &str, bytes: u64) -> io::Result<PathBuf> {
        let path = self.folder.path().join("files").join(name);
        File::create(&path)?.set_len(bytes)?;
        Ok(path)
    }

    /// Its access log so far, one line a finished request.
    pub fn access_log(&self) -> String {
        fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps it out of an ordinary user's PATH.
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")])
        .map(|it| it.join("nginx"))
        .find(|it| it.is_file())
}

fn free_ports() -> io::Result<(u16, u16)> {
    // Both are held until both are known, so that they differ.
    let one = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok((one.local_addr()?.port(), other.local_addr()?.port()))
}

fn accepts(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE).is_ok()
}
