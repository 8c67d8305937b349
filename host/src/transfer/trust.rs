//! By what libcurl tells whether the other end is who it claims to be: CA certificates for TLS, known hosts for SSH.

use std::os::unix::ffi::OsStrExt as _;

use super::dispatch::Dispatch;
use super::spec::{SpecError, TransferSpec};
use crate::ca::CaStore;
use crate::curl::{Easy, LongOption, TextOption};
use crate::escape::escape;

/// Whom libcurl trusts.
pub(super) fn set_trust(easy: &mut Easy<Dispatch>, spec: &TransferSpec) -> Result<(), SpecError> {
    let store = match &spec.ca {
        Some(store) => store.clone(),
        // A store that is broken matters to nobody who verifies nothing.
        None if spec.insecure => CaStore::default(),
        None => CaStore::from_environment(),
    };
    if spec.insecure {
        easy.set_long(LongOption::SSL_VERIFYPEER, 0)?;
        easy.set_long(LongOption::SSL_VERIFYHOST, 0)?;
    }
    if let Some(file) = &store.file {
        easy.set_text(TextOption::CAINFO, file.as_os_str().as_bytes())?;
    }
    if let Some(path) = &store.path {
        easy.set_text(TextOption::CAPATH, path.as_os_str().as_bytes())?;
    }
    Ok(())
}

/// libcurl verifies an SSH host only where it is given a file of known hosts, or a digest, and says nothing where not.
pub(super) fn set_ssh(easy: &mut Easy<Dispatch>, spec: &TransferSpec, guest_decides: bool) -> Result<(), SpecError> {
    let ssh = &spec.ssh;
    let wrong = |what: &str| {
        Err(SpecError {
            what: what.to_owned(),
            url: false,
        })
    };
    match (&ssh.known_hosts, &ssh.host_public_sha256) {
        (_, Some(_)) if guest_decides => {
            return wrong(
                "with a digest of the host's key libcurl does not ask the plugin's ssh-key: leave out one of them",
            );
        }
        (None, None) if !guest_decides && !spec.insecure => {
            return wrong(
                "there is no known_hosts file to verify the SSH host by: name one (--knownhosts), or the host's digest (--hostpubsha256)",
            );
        }
        // One that is told to add a key makes the file.
        (Some(file), None) if !guest_decides && !spec.insecure && !file.exists() => {
            let file = escape(&file.to_string_lossy());
            return wrong(&format!("there is no {file} to verify the SSH host by"));
        }
        // The guest is asked in any case: without a file every host is unknown.
        (None, None) if guest_decides => easy.set_text(TextOption::SSH_KNOWNHOSTS, "/dev/null")?,
        (Some(file), _) if guest_decides || !spec.insecure => {
            easy.set_text(TextOption::SSH_KNOWNHOSTS, file.as_os_str().as_bytes())?;
        }
        _ => {}
    }
    for (option, file) in [
        (TextOption::SSH_PRIVATE_KEYFILE, &ssh.private_key),
        (TextOption::SSH_PUBLIC_KEYFILE, &ssh.public_key),
    ] {
        if let Some(file) = file {
            easy.set_text(option, file.as_os_str().as_bytes())?;
        }
    }
    if let Some(digest) = &ssh.host_public_sha256 {
        easy.set_text(TextOption::SSH_HOST_PUBLIC_KEY_SHA256, digest.as_str())?;
    }
    Ok(())
}
