//! curl's options about TLS, by what a server of it sees and by how the transfer ends.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::reference::Same;
use transferhost_tests::tls::Authority;

fn origin(config: Arc<ServerConfig>) -> Origin {
    http::serve_on(Listen::default().tls(config), |_| Response::ok("sealed")).unwrap()
}

/// Ours and the curl tool's codes.
fn codes(words: &[&str]) -> [Option<i32>; 2] {
    let both = Same::new(["-s"].iter().chain(words)).both();
    [both.ours.code(), both.curls.code()]
}

#[test]
fn versions_are_bounded() {
    let authority = Authority::new().unwrap();
    let origin = origin(authority.server_config());
    let ca = authority.ca_file().to_string_lossy().into_owned();
    for (flags, spoken) in [
        (&[][..], "TLSv1.3"),
        (&["--tls-max", "1.2"], "TLSv1.2"),
        (&["--tlsv1.2"], "TLSv1.3"),
        (&["--tlsv1.3"], "TLSv1.3"),
        (&["--tlsv1.2", "--tls-max", "1.2"], "TLSv1.2"),
    ] {
        let url = origin.url("/");
        let ended = Same::new(["-sSv", "--cacert", &ca, &url].iter().chain(flags)).ours();
        assert_eq!(ended.code(), Some(0), "{flags:?}: {}", ended.stderr);
        let line = ended.stderr.lines().find(|line| line.contains("SSL connection using"));
        assert!(
            line.is_some_and(|line| line.contains(spoken)),
            "{flags:?}: {}",
            ended.stderr
        );
    }
}

/// A server that wants a certificate of the same authority.
fn demanding(authority: &Authority) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(authority.ca_file()).unwrap())
        .unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .unwrap();
    let chain = vec![CertificateDer::from_pem_file(authority.certificate_file()).unwrap()];
    let key = PrivateKeyDer::from_pem_file(authority.key_file()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config)
}

#[test]
fn a_certificate_of_ones_own_is_shown() {
    let authority = Authority::new().unwrap();
    let origin = origin(demanding(&authority));
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let (ca, cert, key) = (
        text(authority.ca_file()),
        text(authority.certificate_file()),
        text(authority.key_file()),
    );
    let url = origin.url("/");
    let shown = Same::new(["-sS", "--cacert", &ca, "--cert", &cert, "--key", &key, &url]).both();
    assert_eq!(
        (shown.ours.code(), shown.ours.text().as_str()),
        (Some(0), "sealed"),
        "{}",
        shown.ours.stderr
    );
    assert_eq!(shown.curls.code(), Some(0), "{}", shown.curls.stderr);
    // In one file, whose name has a colon.
    let folder = TempDir::new().unwrap();
    let both = folder.path().join("a:b.pem");
    fs::write(
        &both,
        fs::read_to_string(&cert).unwrap() + &fs::read_to_string(&key).unwrap(),
    )
    .unwrap();
    let escaped = text(both).replace(':', "\\:") + ":unused";
    assert_eq!(codes(&["--cacert", &ca, "-E", &escaped, &url]), [Some(0); 2]);
    assert!(codes(&["--cacert", &ca, &url]).iter().all(|code| *code != Some(0)));
}

#[test]
fn a_public_key_is_pinned() {
    let authority = Authority::new().unwrap();
    let origin = origin(authority.server_config());
    let script = format!(
        "openssl x509 -in {} -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64",
        authority.certificate_file().display()
    );
    let digest = Command::new("sh").args(["-c", &script]).output().unwrap().stdout;
    let right = format!("sha256//{}", String::from_utf8(digest).unwrap().trim());
    let wrong = format!("sha256//{}=", "A".repeat(43));
    let ca = authority.ca_file().to_string_lossy().into_owned();
    let url = origin.url("/");
    for (pin, code) in [(&right, 0), (&wrong, 90), (&format!("{wrong};{right}"), 0)] {
        assert_eq!(
            codes(&["--cacert", &ca, "--pinnedpubkey", pin, &url]),
            [Some(code); 2],
            "{pin}"
        );
    }
    // Where nobody is verified, the key still is.
    assert_eq!(codes(&["-k", "--pinnedpubkey", &wrong, &url]), [Some(90); 2]);
}
