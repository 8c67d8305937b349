//! https: which authority is trusted, as the curl tool decides it, from the flags and from the environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::reference::{Both, Same};
use transferhost_tests::tls::Authority;

/// An origin, the authority that vouches for it, and one that does not; each as a file and as a folder of hashed names.
struct World {
    right: Authority,
    folders: TempDir,
    origin: Origin,
}

impl World {
    fn new() -> Self {
        let right = Authority::new().unwrap();
        let origin = http::serve_on(Listen::default().tls(right.server_config()), |_| {
            Response::ok("sealed\n")
        })
        .unwrap();
        let folders = TempDir::new().unwrap();
        let wrong = folders.path().join("wrong.pem");
        stranger(&wrong);
        hashed(&right.ca_file(), &folders.path().join("right"));
        hashed(&wrong, &folders.path().join("wrong"));
        Self { right, folders, origin }
    }

    fn place(&self, name: &str) -> PathBuf {
        match name {
            "right file" => self.right.ca_file(),
            "wrong file" => self.folders.path().join("wrong.pem"),
            "right folder" => self.folders.path().join("right"),
            "wrong folder" => self.folders.path().join("wrong"),
            "no file" => self.folders.path().join("nothing"),
            _ => PathBuf::from(name),
        }
    }

    fn run(&self, flags: &[&str], environment: &[(&str, &str)]) -> Same {
        let url = self.origin.url("/");
        let flags = flags.iter().map(|it| self.place(it).to_string_lossy().into_owned());
        let same = Same::new(["-sS".to_owned()].into_iter().chain(flags).chain([url]));
        environment
            .iter()
            .fold(same, |same, (name, value)| same.env(name, self.place(value)))
    }

    /// Both with these flags and this environment end in the same code, which is returned.
    fn code(&self, flags: &[&str], environment: &[(&str, &str)]) -> Option<i32> {
        let Both { ours, curls } = self.run(flags, environment).both();
        assert_eq!(
            ours.code(),
            curls.code(),
            "{flags:?} {environment:?}: {} against {}",
            ours.stderr,
            curls.stderr
        );
        if ours.code() == Some(0) {
            assert_eq!(ours.text(), "sealed\n");
        } else {
            assert_eq!(ours.stderr.lines().count(), 1, "{}", ours.stderr);
        }
        ours.code()
    }
}

/// An authority of another name: of two that bear the same, OpenSSL may look at the wrong one only.
fn stranger(certificate: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-subj", "/CN=a stranger", "-days", "2", "-keyout", "/dev/null", "-out"])
        .arg(certificate)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A folder as OpenSSL wants it: the certificate under the hash of its subject.
fn hashed(certificate: &Path, folder: &Path) {
    let hash = Command::new("openssl")
        .args(["x509", "-noout", "-hash", "-in"])
        .arg(certificate)
        .output()
        .expect("openssl is installed");
    let hash = String::from_utf8(hash.stdout).unwrap();
    fs::create_dir(folder).unwrap();
    fs::copy(certificate, folder.join(format!("{}.0", hash.trim()))).unwrap();
}

#[test]
fn a_folder_of_authorities_is_named() {
    let world = World::new();
    assert_eq!(world.code(&["--capath", "right folder"], &[]), Some(0));
    assert_eq!(world.code(&["--capath", "wrong folder"], &[]), Some(60));
    // Where a flag names one, the environment is not asked.
    let environment = [("SSL_CERT_FILE", "right file")];
    assert_eq!(world.code(&["--capath", "wrong folder"], &environment), Some(60));
}

#[test]
fn flags_decide() {
    let world = World::new();
    assert_eq!(world.code(&[], &[]), Some(60));
    assert_eq!(world.code(&["--cacert", "right file"], &[]), Some(0));
    assert_eq!(world.code(&["--cacert", "wrong file"], &[]), Some(60));
    assert_eq!(world.code(&["--cacert", "no file"], &[]), Some(77));
    assert_eq!(world.code(&["-k"], &[]), Some(0));
    assert_eq!(world.code(&["-k", "--cacert", "wrong file"], &[]), Some(0));
    // A refused origin never reads a request.
    assert!(world.origin.requests().len() < world.origin.accepted());
}

#[test]
fn each_variable_is_heard() {
    let world = World::new();
    for (name, kind) in [
        ("CURL_CA_BUNDLE", "file"),
        ("SSL_CERT_FILE", "file"),
        ("SSL_CERT_DIR", "folder"),
    ] {
        assert_eq!(world.code(&[], &[(name, &format!("right {kind}"))]), Some(0), "{name}");
        assert_eq!(world.code(&[], &[(name, &format!("wrong {kind}"))]), Some(60), "{name}");
        // An empty variable is none.
        assert_eq!(world.code(&[], &[(name, "")]), Some(60), "{name}");
    }
}

#[test]
fn variables_have_an_order() {
    let world = World::new();
    for (environment, code) in [
        // CURL_CA_BUNDLE goes before the others.
        (
            &[("CURL_CA_BUNDLE", "wrong file"), ("SSL_CERT_FILE", "right file")][..],
            60,
        ),
        (&[("CURL_CA_BUNDLE", "right file"), ("SSL_CERT_FILE", "wrong file")], 0),
        (
            &[("CURL_CA_BUNDLE", "wrong file"), ("SSL_CERT_DIR", "right folder")],
            60,
        ),
        (&[("CURL_CA_BUNDLE", "right file"), ("SSL_CERT_DIR", "wrong folder")], 0),
        (&[("CURL_CA_BUNDLE", ""), ("SSL_CERT_FILE", "right file")], 0),
    ] {
        assert_eq!(world.code(&[], environment), Some(code), "{environment:?}");
    }
    // Of the other two either will do: so the curl tool has it now. Older ones leave the file out where there is a
    // folder, so that the tool at hand is not asked.
    for (file, folder, code) in [
        ("wrong file", "right folder", 0),
        ("right file", "wrong folder", 0),
        ("wrong file", "wrong folder", 60),
    ] {
        let environment = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", folder)];
        let ours = world.run(&[], &environment).ours();
        assert_eq!(ours.code(), Some(code), "{environment:?}: {}", ours.stderr);
    }
}

#[test]
fn a_flag_goes_before_the_environment() {
    let world = World::new();
    for (name, kind) in [
        ("CURL_CA_BUNDLE", "file"),
        ("SSL_CERT_FILE", "file"),
        ("SSL_CERT_DIR", "folder"),
    ] {
        let (right, wrong) = (format!("right {kind}"), format!("wrong {kind}"));
        assert_eq!(
            world.code(&["--cacert", "wrong file"], &[(name, &right)]),
            Some(60),
            "{name}"
        );
        assert_eq!(
            world.code(&["--cacert", "right file"], &[(name, &wrong)]),
            Some(0),
            "{name}"
        );
        assert_eq!(world.code(&["-k"], &[(name, &wrong)]), Some(0), "{name}");
        // What is not asked for is not read.
        assert_eq!(world.code(&["-k"], &[(name, "no file")]), Some(0), "{name}");
    }
    for name in ["CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
        assert_eq!(world.code(&[], &[(name, "no file")]), Some(77), "{name}");
    }
}

#[test]
fn the_name_is_checked_too() {
    let world = World::new();
    let ca = world.right.ca_file();
    let run = |host: &str| {
        let url = world.origin.url_as(host, "/");
        Same::new(["-sS", "--cacert", &ca.to_string_lossy(), &url]).both()
    };
    assert_eq!(run("localhost").ours.code(), Some(0));
    // The leaf names 127.0.0.1 alone of this address's spellings and neighbours.
    let other = http::serve_on(
        Listen::default()
            .on("127.0.0.2".parse().unwrap())
            .tls(world.right.server_config()),
        |_| Response::ok("never\n"),
    )
    .unwrap();
    let both = Same::new(["-sS", "--cacert", &ca.to_string_lossy(), &other.url("/")]).both();
    assert_eq!(
        (both.ours.code(), both.curls.code()),
        (Some(60), Some(60)),
        "{}",
        both.ours.stderr
    );
    assert_eq!(other.requests().len(), 0);
}

#[test]
fn a_guest_is_asked_behind_tls_and_not_before_trust() {
    let world = World::new();
    let run = |flags: &[&str]| {
        let ended = Transferhost::run()
            .args(["--outcome", "-"])
            .arg(guest("pass"))
            .arg("-sS")
            .args(flags)
            .arg(world.origin.url("/"))
            .end();
        let told = outcome::of(&ended);
        (ended.code(), outcome::calls(&told, "write"), ended.text())
    };
    assert_eq!(run(&["-k"]), (Some(0), 1, "sealed\n".to_owned()));
    assert_eq!(run(&[]), (Some(60), 0, String::new()));
}
