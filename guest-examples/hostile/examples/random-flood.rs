//! Asks in `write` for 64 MiB of random bytes at once.

use exports::transferhost::callbacks::write::{Action, Guest};

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package hostile:random-flood;

        world plugin {
            import wasi:random/random@0.2.1;
            export transferhost:callbacks/write@0.1.0;
        }

        package wasi:random@0.2.1 {
            interface random {
                get-random-bytes: func(len: u64) -> list<u8>;
            }
        }
    ",
    generate_all,
});

struct Hostile;

impl Guest for Hostile {
    fn on_write(_chunk: Vec<u8>) -> Result<Action, String> {
        let bytes = wasi::random::random::get_random_bytes(64 << 20);
        Err(format!("{} random bytes were given", bytes.len()))
    }
}

export!(Hostile);
