//! Aborts in `write` with a reason that would take a terminal over: escape sequences, line ends, a bell, a C1 control,
//! bidirectional overrides, and a line made to look like the host's own.

hostile::attack!(write, |_| {
    Err("\x1b]0;owned\x07\x1b[2J\x1b[31mred\r\ntransferhost: all is well\n\x08\x7f\u{9b}1m\u{85}\u{2028}\u{202e}txt.exe\u{2066}"
        .to_owned())
});
