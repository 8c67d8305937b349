//! Ctrl-C and SIGTERM: the first lets what runs end, the second cancels it, the third ends the process.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{Event, Events};

/// Listens from now on.
pub(super) fn listen(events: Events) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let thread = std::thread::Builder::new().name("transferhost-signals".to_owned());
    thread.spawn(move || {
        for (before, signal) in signals.forever().enumerate() {
            if before > 1 || events.send(Event::Signal(signal)).is_err() {
                std::process::exit(128 + signal);
            }
        }
    })?;
    Ok(())
}
