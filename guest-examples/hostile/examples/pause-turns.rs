//! Pauses in `header` and in `write` in turn: three times at each line, then for ever at the body.

use core::cell::Cell;

use exports::transferhost::callbacks::header::{Action as HeaderAction, Guest as Header};
use exports::transferhost::callbacks::write::{Action as WriteAction, Guest as Write};

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package hostile:pause-turns;
        world plugin {
            export transferhost:callbacks/header@0.1.0;
            export transferhost:callbacks/write@0.1.0;
        }
    ",
    generate_all,
});

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

struct Hostile;

impl Header for Hostile {
    fn on_header(_line: Vec<u8>) -> Result<HeaderAction, String> {
        ASKED.set(ASKED.get() + 1);
        Ok(match ASKED.get() % 4 {
            0 => HeaderAction::Deliver,
            _ => HeaderAction::Pause(1),
        })
    }
}

impl Write for Hostile {
    fn on_write(_chunk: Vec<u8>) -> Result<WriteAction, String> {
        Ok(WriteAction::Pause(0))
    }
}

export!(Hostile);
