//! Every plugin of `guest-examples/go`, by both compilers, beside its Rust twin. Run by `scripts/test-go`.

#[path = "go_guests/built.rs"]
mod built;
#[path = "go_guests/gate.rs"]
mod gate;
#[path = "go_guests/redactor.rs"]
mod redactor;
#[path = "go_guests/streams.rs"]
mod streams;
#[path = "go_guests/twins.rs"]
mod twins;

/// Whoever adds an example adds its test.
#[test]
fn each_example_is_tested() {
    let folder = transferhost_tests::root().join("guest-examples/go");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.join("plugin.wit").is_file())
        .map(|it| it.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    let tested = [
        "content-gate",
        "pass",
        "redactor",
        "sha256-gate",
        "ssrf-guard",
        "stress",
        "throttle",
    ];
    assert_eq!(found, tested);
}
