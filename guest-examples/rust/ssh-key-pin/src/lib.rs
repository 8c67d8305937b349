//! Takes the SSH host that has one key, and no other: `--set sha256=DIGEST`, as `ssh-keygen -l` prints it.
//!
//! What the file of known hosts says makes no difference. The digest that was found is in the words of the refusal.

use exports::transferhost::callbacks::{ssh_key, start};
use sha2::{Digest, Sha256};
use ssh_key::{Action, Key, Match};
use transferhost::callbacks::request::Request;
use wasi::config::store;

mod base64;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:ssh-key-pin;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/ssh-key@0.1.0;
        }
    ",
    generate_all,
});

/// The digest that the caller expects, without what may stand around it.
fn expected() -> Result<String, String> {
    let given = store::get("sha256").map_err(|error| format!("--set sha256 cannot be read: {error:?}"))?;
    let given = given.unwrap_or_default();
    let bare = given.strip_prefix("SHA256:").unwrap_or(&given).trim_end_matches('=');
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if bare.len() == 43 && bare.bytes().all(base64) {
        Ok(bare.to_owned())
    } else {
        Err("pass the key's digest as --set sha256=DIGEST, the 43 characters after SHA256: in ssh-keygen -l".to_owned())
    }
}

struct Pin;

impl start::Guest for Pin {
    // Found before anything is dialled: a digest that cannot be right, and a URL for which no SSH host is asked about,
    // so that nobody takes it for pinned.
    fn on_start(request: &Request) -> Result<(), String> {
        expected()?;
        let url = request.url();
        if ["sftp://", "scp://"].iter().any(|scheme| url.starts_with(scheme)) {
            Ok(())
        } else {
            Err("only the hosts of sftp:// and scp:// have a key to pin".to_owned())
        }
    }
}

impl ssh_key::Guest for Pin {
    fn on_ssh_key(_known: Option<Key>, found: Key, _match: Match) -> Result<Action, String> {
        let expected = expected()?;
        let actual = base64::encode(&Sha256::digest(&found.bytes));
        if actual == expected {
            Ok(Action::Fine)
        } else {
            Err(format!("the host's key is SHA256:{actual}, not SHA256:{expected}"))
        }
    }
}

export!(Pin);
