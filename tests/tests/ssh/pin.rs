//! The example `ssh-key-pin`.

use transferhost_tests::command::Transferhost;
use transferhost_tests::outcome;

use super::{Bed, by, came, end, example};

#[test]
fn the_pinned_host_and_no_other() {
    let Some(mut bed) = Bed::new() else { return };
    let (line, (other_line, other)) = (bed.line(), bed.other_line());
    let pin = example("ssh-key-pin");
    let digest = bed.sshd.key().sha256().unwrap();
    for form in [digest.clone(), format!("SHA256:{digest}"), format!("{digest}=")] {
        let set = format!("sha256={form}");
        let before = ["--set", &set, &pin];
        for scheme in ["sftp", "scp"] {
            came(&bed.fetch(scheme, &before, &[""; 0]));
        }
        came(&bed.fetch("sftp", &before, &by(&bed.known(&[&line]))));
        came(&bed.fetch("sftp", &before, &by(&bed.known(&[&other_line]))));
    }
    // Not even the host that the file knows.
    let wrong = other.sha256().unwrap();
    let set = format!("sha256={wrong}");
    for after in [by(&bed.known(&[&line])).to_vec(), vec![], vec!["-k".to_owned()]] {
        for scheme in ["sftp", "scp"] {
            let ended = bed.fetch(scheme, &["--set", &set, &pin], &after);
            assert_eq!(end(&ended), (60, Some("guest-abort".into())), "{}", ended.stderr);
            let words = format!("the host's key is SHA256:{digest}, not SHA256:{wrong}");
            assert_eq!(outcome::of(&ended)["abort"]["reason"], words);
            assert!(ended.stderr.contains(&words), "{}", ended.stderr);
        }
    }
    bed.sshd.show(other).unwrap();
    came(&bed.fetch("sftp", &["--set", &set, &pin], &[""; 0]));
}

/// Wherever libcurl has no SSH too: it is found before libcurl is asked.
#[test]
fn what_pins_nothing_is_refused() {
    let good = format!("sha256={}", "A".repeat(43));
    let short = format!("sha256={}", "A".repeat(42));
    let hexadecimal = format!("sha256={}", "a0".repeat(32));
    let sftp = "sftp://127.0.0.1:1/never-dialled";
    for (set, url, part) in [
        (None, sftp, "--set sha256=DIGEST"),
        (Some(&short), sftp, "--set sha256=DIGEST"),
        (Some(&hexadecimal), sftp, "--set sha256=DIGEST"),
        (Some(&good), "http://127.0.0.1:1/never-dialled", "sftp:// and scp://"),
    ] {
        let set: Vec<&str> = set.iter().flat_map(|set| ["--set", set.as_str()]).collect();
        let ended = Transferhost::run()
            .args(["--outcome", "-"])
            .args(set)
            .arg(example("ssh-key-pin"))
            .args(["-sS", url])
            .end();
        let told = outcome::of(&ended);
        assert_eq!(outcome::end(&told), (42, Some("guest-abort")), "{}", ended.stderr);
        assert_eq!(told["abort"]["callback"], "start");
        assert!(told["abort"]["reason"].as_str().unwrap().contains(part), "{told}");
    }
}
