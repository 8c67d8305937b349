//! Refuses every address that is not on the public internet, whatever name led to it.

use exports::transferhost::callbacks::opensocket::{Guest, Purpose, Target, Verdict};
use transferhost::callbacks::net::{Class, classify, to_text};

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:ssrf-guard;
        world plugin {
            import transferhost:callbacks/net@0.1.0;
            export transferhost:callbacks/opensocket@0.1.0;
        }
    ",
    generate_all,
});

struct Guard;

impl Guest for Guard {
    fn on_opensocket(_purpose: Purpose, target: Target) -> Result<Verdict, String> {
        Ok(match classify(&target.address) {
            Class::Public => Verdict::Allow,
            class => Verdict::Deny(format!("{} is {class:?}", to_text(&target.address))),
        })
    }
}

export!(Guard);
