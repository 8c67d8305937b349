//! Makes handles in `write` without end and gives none back.

use exports::transferhost::callbacks::write::{Action, Guest};
use wasi::clocks::monotonic_clock::subscribe_duration;

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package hostile:handles;

        world plugin {
            import wasi:clocks/monotonic-clock@0.2.1;
            export transferhost:callbacks/write@0.1.0;
        }

        package wasi:io@0.2.1 {
            interface poll {
                resource pollable;
            }
        }

        package wasi:clocks@0.2.1 {
            interface monotonic-clock {
                use wasi:io/poll@0.2.1.{pollable};
                type duration = u64;
                subscribe-duration: func(when: duration) -> pollable;
            }
        }
    ",
    generate_all,
});

struct Hostile;

impl Guest for Hostile {
    fn on_write(_chunk: Vec<u8>) -> Result<Action, String> {
        loop {
            std::mem::forget(subscribe_duration(1));
        }
    }
}

export!(Hostile);
