//! Prints the four progress numbers to stderr, whenever libcurl tells them.

use exports::transferhost::callbacks::xferinfo::Guest;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:print-progress;
        world plugin {
            export transferhost:callbacks/xferinfo@0.1.0;
        }
    ",
    generate_all,
});

struct Progress;

impl Guest for Progress {
    fn on_xferinfo(dltotal: u64, dlnow: u64, ultotal: u64, ulnow: u64) -> Result<(), String> {
        eprintln!("to download {dltotal}, downloaded {dlnow}, to upload {ultotal}, uploaded {ulnow}");
        Ok(())
    }
}

export!(Progress);
