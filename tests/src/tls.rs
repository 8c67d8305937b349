//! Certificates of the tests' own: an authority, and one leaf for the names and addresses of loopback.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tempfile::TempDir;

/// The names that the leaf is valid for.
pub const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate authority that no system trusts, its leaf, and both as files for as long as it lives.
pub struct Authority {
    folder: TempDir,
    server: Arc<ServerConfig>,
}

impl Authority {
    /// Makes the keys and certificates: P-256, quick enough for one authority a test.
    pub fn new() -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "transferhost tests' authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = params.self_signed(&key)?;
        let issuer = Issuer::new(params, key);

        let leaf_key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(NAMES.map(String::from))?;
        leaf.distinguished_name
            .push(DnType::CommonName, "transferhost tests' origin");
        leaf.use_authority_key_identifier_extension = true;
        let leaf = leaf.signed_by(&leaf_key, &issuer)?;

        let folder = TempDir::with_prefix("transferhost-tls-")?;
        fs::write(folder.path().join("authority.pem"), authority.pem())?;
        fs::write(folder.path().join("leaf.pem"), leaf.pem())?;
        fs::write(folder.path().join("leaf.key"), leaf_key.serialize_pem())?;
        let server = Self::configure(&leaf.pem(), &leaf_key.serialize_pem())?;
        Ok(Self {
            folder,
            server: Arc::new(server),
        })
    }

    fn configure(leaf: &str, key: &str) -> anyhow::Result<ServerConfig> {
        let leaf = CertificateDer::from_pem_slice(leaf.as_bytes()).context("the leaf's PEM")?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).context("the key's PEM")?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// For [`crate::listen::Listen::tls`]: TLS 1.2 and 1.3, HTTP/1.1 only.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        self.server.clone()
    }

    /// The authority's certificate, PEM: what `--cacert`, `CURL_CA_BUNDLE` and `SSL_CERT_FILE` take.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// The leaf's certificate, PEM.
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("leaf.pem")
    }

    /// The leaf's private key, PEM.
    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("leaf.key")
    }
}
