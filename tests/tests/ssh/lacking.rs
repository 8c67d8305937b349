//! A libcurl without SSH: nobody must believe that a key was verified.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;
use transferhost::LibcurlVersion;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use super::sentence::sentence;
use super::{answering, example};

fn speaks(scheme: &str) -> bool {
    LibcurlVersion::get().protocols.iter().any(|it| it == scheme)
}

#[test]
fn inspect_tells_whether_it_will_be_called() {
    let inspect = |words: &[&str]| {
        let plugin = guest("ssh-key-pin");
        let ended = Transferhost::new().arg("inspect").args(words).arg(plugin).end();
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
        ended.text()
    };
    let report: Value = serde_json::from_str(&inspect(&["--json"])).unwrap();
    let callbacks = report["callbacks"].as_array().unwrap();
    let fires = |name: &str| {
        let found = callbacks.iter().find(|it| it["name"] == name);
        found.unwrap_or_else(|| panic!("{report}"))["fires"].clone()
    };
    assert_eq!(fires("ssh-key"), json!(speaks("sftp")));
    assert_eq!(fires("start"), json!(true));
    let never = inspect(&[])
        .lines()
        .any(|line| line.contains("ssh-key") && line.contains("never calls"));
    assert_eq!(never, !speaks("sftp"));
}

#[test]
fn a_plugin_that_will_not_be_called_is_warned_of() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "here").unwrap();
    let (set, plugin) = answering("reject");
    let ended = Transferhost::run()
        .args(["--set", &set, &plugin])
        .arg(format!("file://{}", file.display()))
        .end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "here"),
        "{}",
        ended.stderr
    );
    let warned = "transferhost: warning: ssh_key_answer.wasm exports ssh-key, but this libcurl never calls it\n";
    assert_eq!(ended.stderr, if speaks("sftp") { "" } else { warned });
}

#[test]
fn a_scheme_that_is_not_spoken_is_1() {
    let never = Origin::forbidden(Listen::default()).unwrap();
    let pass = example("pass");
    for scheme in ["sftp", "scp"].into_iter().filter(|scheme| !speaks(scheme)) {
        let url = format!("{scheme}://{}/", never.address());
        for words in [&["--no-plugin"][..], &["--no-plugin", "-k"], &[&pass]] {
            let ended = Transferhost::run().args(words).args(["-sS", &url]).end();
            let said = sentence(&ended, 1);
            assert!(said.contains(scheme), "{said}");
        }
    }
    assert_eq!(never.accepted(), 0);
}
