//! Checks that the libcurl that was asked for is the one that is linked, and joins the files of `wit/` into one.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() {
    if let Err(error) = join_wit() {
        println!("cargo::error=wit: {error}");
    }
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

/// Writes `callbacks.wit`, all files of the package under one package line.
fn join_wit() -> io::Result<()> {
    const HEAD: &str = "package transferhost:callbacks@0.1.0;\n";
    println!("cargo::rerun-if-changed=wit");
    let mut files: Vec<PathBuf> = fs::read_dir("wit")?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wit"));
    files.sort();
    for path in &files {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let mut joined = HEAD.to_owned();
    for path in files {
        let text = fs::read_to_string(&path)?;
        let text = text.strip_prefix(HEAD);
        joined.push_str(text.ok_or_else(|| io::Error::other(format!("{} has another package line", path.display())))?);
    }
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("callbacks.wit"), joined)
}
