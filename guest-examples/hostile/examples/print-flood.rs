//! Prints without end in `write`, to stdout and stderr in turn.

use std::io::Write as _;

hostile::attack!(write, |_| {
    let line = "flood ".repeat(170);
    loop {
        // What cannot be written is not what this attack is about.
        let _ = writeln!(std::io::stdout(), "{line}");
        let _ = writeln!(std::io::stderr(), "{line}");
    }
});
