//! Prints what libcurl tells to stdout, each line with its type before it: words and headers as they are, of bodies and
//! of TLS only how many bytes there are. A guest's stdout is the host's stderr, so that none of it gets into the body.

use exports::transferhost::callbacks::debug::{Guest, Infotype};

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:print-debug;
        world plugin {
            export transferhost:callbacks/debug@0.1.0;
        }
    ",
    generate_all,
});

struct Debug;

impl Guest for Debug {
    fn on_debug(infotype: Infotype, data: Vec<u8>) -> Result<(), String> {
        let (name, is_text) = match infotype {
            Infotype::Text => ("text", true),
            Infotype::HeaderIn => ("header-in", true),
            Infotype::HeaderOut => ("header-out", true),
            Infotype::DataIn => ("data-in", false),
            Infotype::DataOut => ("data-out", false),
            Infotype::SslDataIn => ("ssl-data-in", false),
            Infotype::SslDataOut => ("ssl-data-out", false),
        };
        if is_text {
            for line in String::from_utf8_lossy(&data).lines() {
                println!("{name}: {line}");
            }
        } else {
            println!("{name}: {} bytes", data.len());
        }
        Ok(())
    }
}

export!(Debug);
