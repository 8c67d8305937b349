//! Where the certificates of authorities are, as the curl tool finds them.

use std::path::PathBuf;

use crate::curl::LibcurlVersion;

/// A file and a folder of CA certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaStore {
    /// One file of certificates.
    pub file: Option<PathBuf>,
    /// A folder of them, by the hashes of their subjects.
    pub path: Option<PathBuf>,
}

impl CaStore {
    /// What the curl tool would use without `--cacert`: the file of CURL_CA_BUNDLE; else the folder of SSL_CERT_DIR and
    /// the file of SSL_CERT_FILE, either or both; else what libcurl was built with. A bundled libcurl was built with
    /// none, and takes the system's.
    pub fn find(environment: impl Fn(&str) -> Option<PathBuf>) -> CaStore {
        let named = |name| environment(name).filter(|path| !path.as_os_str().is_empty());
        if let Some(file) = named("CURL_CA_BUNDLE") {
            return CaStore {
                file: Some(file),
                path: None,
            };
        }
        let store = CaStore {
            file: named("SSL_CERT_FILE"),
            path: named("SSL_CERT_DIR"),
        };
        if store != CaStore::default() || !LibcurlVersion::get().bundled {
            return store;
        }
        let found = openssl_probe::probe();
        CaStore {
            file: found.cert_file,
            path: found.cert_dir.into_iter().next(),
        }
    }

    /// As [`CaStore::find`], in the process's environment.
    pub fn from_environment() -> CaStore {
        CaStore::find(|name| std::env::var_os(name).map(PathBuf::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_have_curls_order() {
        let of = |set: &[(&str, &str)]| {
            CaStore::find(|name| {
                set.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| PathBuf::from(value))
            })
        };
        let store = |file: Option<&str>, path: Option<&str>| CaStore {
            file: file.map(PathBuf::from),
            path: path.map(PathBuf::from),
        };
        let all = [
            ("SSL_CERT_DIR", "/d"),
            ("SSL_CERT_FILE", "/f"),
            ("CURL_CA_BUNDLE", "/b"),
        ];
        assert_eq!(of(&all), store(Some("/b"), None));
        assert_eq!(of(&all[..2]), store(Some("/f"), Some("/d")));
        assert_eq!(of(&all[..1]), store(None, Some("/d")));
        assert_eq!(
            of(&[("CURL_CA_BUNDLE", ""), ("SSL_CERT_FILE", "/f")]),
            store(Some("/f"), None)
        );
    }
}
