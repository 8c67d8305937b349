//! Command lines that cannot be carried out: each one sentence, the right code, nothing dialled, nothing left behind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

/// A folder to run in, and an origin that nobody may dial.
struct Place {
    folder: TempDir,
    origin: Origin,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: TempDir::with_prefix("transferhost-line-").unwrap(),
            origin: Origin::forbidden(Listen::default()).unwrap(),
        }
    }

    fn url(&self) -> String {
        self.origin.url("/")
    }

    /// Runs `transferhost` with these words, PLUGIN and URL among them replaced, and returns its sentence.
    fn refused(&self, words: &[&str], code: i32) -> String {
        let plugin = guest("pass");
        let words = words.iter().map(|word| match *word {
            "PLUGIN" => plugin.to_string_lossy().into_owned(),
            word => word.replace("URL", &self.url()),
        });
        let words: Vec<String> = words.collect();
        let ended = Transferhost::new().args(&words).in_folder(self.folder.path()).end();
        let said = sentence(&ended, code);
        assert_eq!(ended.text(), "", "{words:?}");
        assert_eq!(self.origin.accepted(), 0, "dialled: {words:?}");
        said
    }

    /// Every file in the folder.
    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        names
            .map(|it| it.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }
}

#[test]
fn plugins_that_cannot_be_read() {
    let place = Place::new();
    for (path, why) in [
        ("missing.wasm", "No such file"),
        ("./", "Is a directory"),
        // Readable by its mode, but no read of it succeeds, not even root's.
        ("/proc/self/mem", "Input/output error"),
        ("", "No such file"),
    ] {
        let said = place.refused(&["run", path, "URL"], 2);
        assert!(said.contains(path), "{said}");
        assert_eq!(said.matches(why).count(), 1, "said once: {said}");
    }
    assert_eq!(place.files(), [""; 0]);
}

#[test]
fn a_plugin_that_may_not_be_read() {
    let place = Place::new();
    let path = place.folder.path().join("locked.wasm");
    fs::copy(guest("pass"), &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever runs the tests as root may read everything.
    if fs::read(&path).is_err() {
        assert!(
            place
                .refused(&["run", "locked.wasm", "URL"], 2)
                .contains("Permission denied")
        );
    }
}

#[test]
fn what_is_missing_is_named() {
    let place = Place::new();
    for (words, names) in [
        (&[][..], "run, batch, inspect, policy, wit"),
        (&["run"], "no plugin is given"),
        (&["run", "--fuel", "7"], "no plugin is given"),
        (&["run", "PLUGIN"], "no URL is given"),
        (&["run", "PLUGIN", "-s", "-o", "out"], "no URL is given"),
        (&["run", "--no-plugin"], "no URL is given"),
        (&["inspect"], "<PLUGIN>"),
    ] {
        let said = place.refused(words, 2);
        assert!(said.contains(names), "{words:?}: {said}");
    }
    assert_eq!(place.files(), [""; 0]);
}

#[test]
fn broken_urls_are_3() {
    let place = Place::new();
    for url in [
        "http://",
        "ht tp://host/",
        "",
        "http://[::1/",
        "http://a b/",
        "http://host:99999/",
        "http://%00/",
    ] {
        for plugin in ["PLUGIN", "--no-plugin"] {
            let said = place.refused(&["run", plugin, url, "-o", "out"], 3);
            assert!(said.starts_with(&format!("(3) {url:?}")), "{said}");
        }
    }
    assert_eq!(place.files(), [""; 0]);
}

#[test]
fn unknown_flags() {
    let place = Place::new();
    for (words, says) in [
        // Ours stand before the plugin, and are not looked up among curl's.
        (&["run", "--feul", "7", "PLUGIN", "URL"][..], "'--fuel'"),
        (&["run", "--nonsense", "PLUGIN", "URL"], "'--nonsense'"),
        (
            &["run", "-s", "PLUGIN", "URL"],
            "-s is curl's: write it after the plugin",
        ),
        (&["run", "PLUGIN", "--set", "a=b", "URL"], "--set is transferhost's own"),
        (
            &["run", "http://127.0.0.1:1/"],
            "is a URL and stands where the plugin should",
        ),
        (&["--nonsense"], "'--nonsense'"),
        (&["fetch"], "'fetch'"),
        (&["wit", "more"], "'more'"),
        (&["inspect", "--jsn", "PLUGIN"], "'--json'"),
        // curl's stand after it, and ours are not looked up among them.
        (&["run", "PLUGIN", "-Z", "URL"], "curl's -Z is not supported here"),
        (
            &["run", "PLUGIN", "--parallel", "URL"],
            "curl's --parallel is not supported here",
        ),
        (
            &["run", "PLUGIN", "--rate", "3", "URL"],
            "curl's --rate is not supported here",
        ),
        (
            &["run", "PLUGIN", "--no-parallel", "URL"],
            "curl's --no-parallel is not supported here",
        ),
        (&["run", "--no-plugin", "-sZ", "URL"], "curl's -Z is not supported here"),
        (&["run", "PLUGIN", "--compresed", "URL"], "did you mean --compressed?"),
        (&["run", "PLUGIN", "--fuel", "7", "URL"], "--fuel"),
        (&["run", "PLUGIN", "-9", "URL"], "-9"),
        (&["run", "PLUGIN", "-ü", "URL"], "option -"),
    ] {
        let said = place.refused(words, 2);
        assert!(said.contains(says), "{words:?}: {said}");
    }
}

#[test]
fn values_of_our_flags() {
    let place = Place::new();
    for (flag, bad) in [
        ("--fuel", &["", "much", "0", "-1", "1.5", "99999999999999999999"][..]),
        ("--fuel-total", &["", "much", "0"]),
        ("--call-time", &["", "10", "0ms", "soon", "-1s"]),
        ("--memory", &["", "0", "-1", "64XiB", "lots"]),
        ("--limit", &["", "fuel", "=1", "fuel=", "fule=1", "pause=3"]),
        ("--set", &["", "key", "=value"]),
        ("--without", &["", "wriet", "header"]),
        ("--policy", &["", "tennant"]),
        ("--policy-file", &["", "missing.toml", "."]),
        ("--outcome", &[""]),
    ] {
        let said = place.refused(&["run", flag], 2);
        assert!(said.contains(flag), "{said}");
        for value in bad {
            let said = place.refused(&["run", &format!("{flag}={value}"), "PLUGIN", "URL"], 2);
            let named = flag == "--policy-file" || said.contains(flag);
            // Of a pair the key is named at least.
            let key = value.split('=').next().unwrap_or_default();
            assert!(named && said.contains(key), "{flag} {value:?}: {said}");
        }
    }
    let limit = place.refused(&["run", "--limit", "fule=1", "PLUGIN", "URL"], 2);
    assert!(limit.contains("did you mean `fuel`?"), "{limit}");
    let without = place.refused(&["run", "--without", "wriet", "PLUGIN", "URL"], 2);
    assert!(without.contains("did you mean write?"), "{without}");
    let exported = place.refused(&["run", "--without", "header", "PLUGIN", "URL"], 2);
    assert!(exported.contains("the plugin does not export it"), "{exported}");
}

#[test]
fn values_of_curls_flags() {
    let place = Place::new();
    for (flag, bad) in [
        ("-o", &[""][..]),
        ("-X", &["", "GET\r\nX: y"]),
        ("-H", &["", "nonsense", ": value", "A: b\r\nC: d", "@missing"]),
        ("-d", &["@missing", "@."]),
        ("-T", &[""]),
        ("--max-redirs", &["", "-2", "many", "99999999999"]),
        ("--cacert", &[""]),
        ("-m", &["", "soon", "-1", "nan", "inf", "1e99"]),
        ("--connect-timeout", &["", "soon", "-1"]),
    ] {
        let said = place.refused(&["run", "PLUGIN", "URL", flag], 2);
        assert!(said.starts_with(&format!("{flag} needs a value")), "{said}");
        for value in bad {
            // A file that cannot be read is curl's 26, whatever the option that names it.
            let code = if value.starts_with('@') { 26 } else { 2 };
            let said = place.refused(&["run", "PLUGIN", flag, value, "URL"], code);
            assert!(said.contains(flag), "{flag} {value:?}: {said}");
        }
    }
    assert_eq!(place.files(), [""; 0]);
}

#[test]
fn contradictions() {
    let place = Place::new();
    let tenant = place.folder.path().join("tenant.toml");
    fs::write(&tenant, "policy = \"tenant\"\n").unwrap();
    for (words, says) in [
        (
            &["run", "PLUGIN", "-d", "a", "-T", "tenant.toml", "URL"][..],
            "-d and -T",
        ),
        (
            &["run", "PLUGIN", "-o", "a", "-o", "b", "URL"],
            "2 outputs are named for 1 URL:",
        ),
        (
            &[
                "run",
                "--policy",
                "curl",
                "--policy-file",
                "tenant.toml",
                "PLUGIN",
                "URL",
            ],
            "--policy",
        ),
        (&["run", "--without", "write", "--no-plugin", "URL"], "--without write"),
    ] {
        let said = place.refused(words, 2);
        assert!(said.contains(says), "{words:?}: {said}");
    }
    assert_eq!(place.files(), ["tenant.toml"]);
}

#[test]
fn policy_files_with_a_slip_name_the_line() {
    let place = Place::new();
    let path = place.folder.path().join("p.toml");
    let mut wrong = Vec::new();
    for (text, line, says) in [
        ("polcy = \"tenant\"", Some(1), "did you mean `policy`?"),
        ("policy = \"tennant\"", Some(1), "tenant"),
        ("policy =", Some(1), ""),
        (
            "policy = \"tenant\"\n[network]\nalow = []",
            Some(3),
            "unknown key `alow` in [network]; did you mean `allow`?",
        ),
        (
            "policy = \"tenant\"\n\n[limits]\nfule = 7",
            Some(4),
            "did you mean `fuel`?",
        ),
        ("policy = \"tenant\"\n[limts]", Some(2), "did you mean `limits`?"),
        ("policy = \"tenant\"\n[network]\nports = [\"http\"]", Some(3), "no port"),
        ("policy = \"tenant\"\n[network]\nports = [70000]", Some(3), "70000"),
        ("policy = \"tenant\"\n[network]\nallow = [\"10.0.0.0/33\"]", Some(3), ""),
        (
            "policy = \"tenant\"\n[network]\nnat64 = [\"64:ff9b::/33\"]",
            None,
            "its length must be",
        ),
        ("policy = \"tenant\"\n[network]\nschemes = [\"htp\"]", None, "htp"),
        ("policy = \"tenant\"\n[network]\nschemes = []", None, "schemes"),
        ("[network]\nports = [80]", None, "policy = \"tenant\""),
        ("[limits]\nfuel = 0", Some(2), "fuel"),
        ("[limits]\nfuel = -1", Some(2), "fuel"),
        ("[limits]\nmemory = \"lots\"", Some(2), "memory"),
        ("[limits]\ncall-time = true", Some(2), "call-time"),
        ("limits = 3", Some(1), ""),
        ("\u{0}", Some(1), ""),
    ] {
        fs::write(&path, format!("{text}\n")).unwrap();
        let said = place.refused(&["run", "--policy-file", "p.toml", "PLUGIN", "URL"], 2);
        let front = line.map_or_else(|| "p.toml:".to_owned(), |line| format!("p.toml:{line}: "));
        // Not serde's own words about the types of this program.
        if !(said.starts_with(&front) && said.contains(says)) || said.contains("untagged enum") {
            wrong.push(format!("{text:?}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn uploads_that_cannot_be_read() {
    let place = Place::new();
    for path in ["missing", "no/such/folder"] {
        let said = place.refused(&["run", "PLUGIN", "-T", path, "-o", "out", "URL"], 26);
        assert!(said.starts_with("(26) ") && said.contains(path), "{said}");
    }
    assert_eq!(place.files(), [""; 0]);
}

#[test]
fn an_outcome_without_a_place_dials_nothing() {
    let place = Place::new();
    fs::create_dir(place.folder.path().join("folder")).unwrap();
    for path in ["no/such/folder", "folder"] {
        let said = place.refused(&["run", "--outcome", path, "PLUGIN", "-o", "out", "URL"], 2);
        assert!(said.starts_with("--outcome") && said.contains(path), "{said}");
    }
    assert_eq!(place.files(), ["folder"]);
}

/// The long options in a help text: the words that a line begins with.
fn long_options(help: &str) -> Vec<String> {
    let words = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = match line.split_once(", ") {
            Some((short, rest)) if short.len() == 2 && short.starts_with('-') => rest,
            _ => line,
        };
        line.strip_prefix("--")?.split([' ', '=']).next()
    });
    words.map(str::to_owned).collect()
}

#[test]
fn none_of_our_options_is_one_of_curls() {
    let help = Transferhost::run().arg("--help").end();
    assert_eq!((help.code(), help.stderr.as_str()), (Some(0), ""));
    // What stands behind is the list of curl's.
    let help = help.text();
    let (own, _) = help
        .split_once("Curl's options that are supported")
        .expect("curl's have a list");
    let ours = long_options(own);
    assert!(
        ours.len() > 10 && ours.iter().any(|name| name == "no-plugin"),
        "{ours:?}"
    );
    let curl = std::process::Command::new("curl")
        .args(["-q", "--help", "all"])
        .output()
        .expect("curl is installed");
    let curls = long_options(&String::from_utf8_lossy(&curl.stdout));
    assert!(
        curls.len() > 200 && curls.iter().any(|name| name == "location"),
        "{}",
        curls.len()
    );
    for name in ours.iter().filter(|name| *name != "help") {
        assert!(!curls.contains(name), "--{name} is curl's");
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    for words in [
        &["--help"][..],
        &["--version"],
        &["run", "--help"],
        &["inspect", "--help"],
        &["wit", "--help"],
    ] {
        let ended = Transferhost::new().args(words).end();
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""), "{words:?}");
        assert!(!ended.stdout.is_empty(), "{words:?}");
    }
    let version = Transferhost::new().arg("--version").end().text();
    assert!(
        version.starts_with("transferhost ") && version.contains("libcurl "),
        "{version}"
    );
    assert!(Path::new(&guest("pass")).is_file());
}
