//! `transferhost inspect`: what a plugin is, without a transfer.

use serde_json::{Value, json};
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile, wat};
use transferhost_tests::running::Ended;

#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

fn inspect(words: &[&str], plugin: &std::path::Path) -> Ended {
    Transferhost::new().arg("inspect").args(words).arg(plugin).end()
}

fn report(plugin: &std::path::Path) -> Value {
    let ended = inspect(&["--json"], plugin);
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(ended.text().lines().count(), 1);
    serde_json::from_slice(&ended.stdout).unwrap()
}

#[test]
fn the_json_says_all() {
    let path = guest("sha256-gate");
    let report = report(&path);
    let keys: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "callbacks",
            "digest",
            "exports",
            "imports",
            "libcurl",
            "plugin",
            "size",
            "wit"
        ]
    );
    assert_eq!(report["plugin"], "sha256_gate.wasm");
    assert_eq!(report["size"], std::fs::metadata(&path).unwrap().len());
    assert_eq!(report["wit"], "0.1.0");
    let fires = |name: &str| json!({"name": name, "fires": true, "replaced_by": null});
    assert_eq!(
        report["callbacks"],
        json!([fires("start"), fires("write"), fires("write-end")])
    );
    let exports = report["exports"].as_array().unwrap();
    for name in ["start", "write", "write-end"] {
        assert!(
            exports.contains(&json!(format!("transferhost:callbacks/{name}@0.1.0"))),
            "{report}"
        );
    }
    let imports = report["imports"].as_array().unwrap();
    assert!(imports.contains(&json!("wasi:config/store@0.2.0-rc.1")), "{report}");
    let version = Transferhost::new().arg("--version").end().text();
    let libcurl = report["libcurl"].as_str().unwrap();
    assert!(version.contains(&format!("libcurl {libcurl} ")), "{version}");
}

#[test]
fn the_digest_is_the_files() {
    let path = guest("pass");
    let summed = std::process::Command::new("sha256sum").arg(&path).output().unwrap();
    let digest = String::from_utf8(summed.stdout).unwrap();
    let digest = digest.split(' ').next().unwrap();
    assert_eq!(report(&path)["digest"], format!("sha256:{digest}"));
}

#[test]
fn the_text_says_the_same() {
    for path in [guest("sha256-gate"), wat("many-memories")] {
        let (report, text) = (report(&path), inspect(&[], &path));
        assert_eq!((text.code(), text.stderr.as_str()), (Some(0), ""));
        let text = text.text();
        let strings = |key: &str| {
            report[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap().to_owned())
        };
        let mut said: Vec<String> = strings("exports").chain(strings("imports")).collect();
        said.extend(["plugin", "digest", "wit", "libcurl"].map(|key| report[key].as_str().unwrap().to_owned()));
        said.push(format!("{} bytes", report["size"]));
        for callback in report["callbacks"].as_array().unwrap() {
            said.push(format!("\n  {}\n", callback["name"].as_str().unwrap()));
        }
        for part in said {
            assert!(text.contains(&part), "{part} in\n{text}");
        }
        assert!(!text.contains("never calls"), "{text}");
    }
}

#[test]
fn every_plugin_that_runs_can_be_inspected() {
    for (path, callback) in [
        (guest("ssrf-guard"), "opensocket"),
        (guest("print-progress"), "xferinfo"),
        (guest("headers-to-stderr"), "header"),
        (hostile("trap-done"), "done"),
        (hostile("loop-start"), "start"),
    ] {
        let callbacks = report(&path)["callbacks"].to_string();
        assert!(callbacks.contains(&format!("\"{callback}\"")), "{callbacks}");
    }
}

/// Instantiating runs guest code, so inspecting is limited as a transfer is.
#[test]
fn a_plugin_that_does_not_come_up_is_2() {
    for words in [&[][..], &["--json"]] {
        let ended = inspect(words, &wat("loop-instantiate"));
        let said = sentence(&ended, 2);
        assert!(
            said.contains("loop-instantiate.wat") && said.contains("out-of-fuel"),
            "{said}"
        );
        assert_eq!(ended.text(), "");
    }
}
