//! Checks that the libcurl that was asked for is the one that is linked.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    // curl-sys compiles its own libcurl, without a word, where pkg-config finds no other.
    let vendored = env::var_os("DEP_CURL_STATIC").is_some();
    let wrong = match (feature("BUNDLED_CURL"), feature("SYSTEM_CURL")) {
        (true, true) => Some(
            "the features bundled-curl and system-curl exclude each other: build system-curl with --no-default-features",
        ),
        (false, false) => Some("one of the features bundled-curl and system-curl must be on"),
        (false, true) if vendored => {
            Some("system-curl is on but pkg-config finds no libcurl: install libcurl4-openssl-dev and pkg-config")
        }
        _ => None,
    };
    if let Some(wrong) = wrong {
        println!("cargo::error={wrong}");
    }
    // For the test that compares our constants with the header they come from.
    if let Some(include) = env::var_os("DEP_CURL_INCLUDE") {
        println!(
            "cargo::rustc-env=TRANSFERHOST_CURL_INCLUDE={}",
            include.to_string_lossy()
        );
    }
}
