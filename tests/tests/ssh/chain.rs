//! A plugin of the operator's before the tenant's: both must take the key.

use std::fs;

use transferhost_tests::outcome;

use super::{Bed, answering, by, end};

#[test]
fn both_must_take_the_key() {
    let Some(bed) = Bed::new() else { return };
    let file = bed.folder.path().join("known_hosts");
    let ask = |of_operator: &str, of_tenant: &[&str]| {
        drop(fs::remove_file(&file));
        let (set, guest) = answering(of_operator);
        let operator = ["--operator-set", &set, "--operator", &guest];
        let ended = bed.fetch("sftp", &[&operator[..], of_tenant].concat(), &by(&file));
        let told = outcome::of(&ended);
        let asked = |whose: &str| told[whose]["calls"]["ssh-key"]["count"].as_u64().unwrap_or(0);
        (end(&ended).0, asked("operator"), asked("guest"), file.exists())
    };
    let with = |of_operator: &str, of_tenant: &str| {
        let (set, guest) = answering(of_tenant);
        ask(of_operator, &["--set", &set, &guest])
    };
    assert_eq!(with("fine", "fine"), (0, 1, 1, false));
    // The file changes where both want it.
    assert_eq!(with("fine-add-to-file", "fine-add-to-file"), (0, 1, 1, true));
    assert_eq!(with("fine", "fine-add-to-file"), (0, 1, 1, false));
    assert_eq!(with("fine-add-to-file", "fine"), (0, 1, 1, false));
    for no in ["reject", "defer", "abort", "trap"] {
        assert_eq!(with(no, "fine"), (60, 1, 0, false), "{no}");
        assert_eq!(with("fine", no), (60, 1, 1, false), "{no}");
    }
    // Where one decides, its word is the one, whatever the file says.
    assert_eq!(ask("fine", &["--no-plugin"]), (0, 1, 0, false));
    assert_eq!(ask("reject", &["--no-plugin"]), (60, 1, 0, false));
    let pass = super::example("pass");
    assert_eq!(ask("fine-add-to-file", &[&pass]), (0, 1, 0, true));
}
