//! How a command line that cannot be carried out must end.

use transferhost_tests::running::Ended;

/// The one line that it said, without the program's name in front.
///
/// # Panics
/// Where the exit code is another, or stderr holds anything but one plain line of transferhost's own.
pub(crate) fn sentence(ended: &Ended, code: i32) -> String {
    let stderr = &ended.stderr;
    assert_eq!(ended.code(), Some(code), "{stderr}");
    let line = stderr
        .strip_suffix('\n')
        .unwrap_or_else(|| panic!("no line: {stderr:?}"));
    assert!(
        !line.contains(['\n', '\r', '\x1b']),
        "more than one plain line: {stderr}"
    );
    assert!(!line.contains("panicked") && !line.contains("RUST_BACKTRACE"), "{line}");
    line.strip_prefix("transferhost: ")
        .unwrap_or_else(|| panic!("it does not begin with the program's name: {line}"))
        .to_owned()
}
