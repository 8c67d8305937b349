//! Calls what it imports while it is made, before there is a transfer to speak of, and prints what it heard.

use transferhost::callbacks::net::{Class, classify};
use transferhost::callbacks::types::Address;
use transferhost::callbacks::{transfer, upload};

use exports::transferhost::callbacks::write::{Action, Guest};

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package hostile:early;
        world plugin {
            import transferhost:callbacks/multi@0.1.0;
            import transferhost:callbacks/net@0.1.0;
            import transferhost:callbacks/transfer@0.1.0;
            import transferhost:callbacks/upload@0.1.0;
            export transferhost:callbacks/write@0.1.0;
        }
    ",
    generate_all,
});

extern "C" fn before_all() {
    let url = transfer::url();
    let code = transfer::getinfo("response_code");
    let taken = upload::take(u32::MAX);
    let assigned = transferhost::callbacks::multi::assign(1, Some(1));
    let class = classify(&Address::Unix(b"/run/early".to_vec()));
    println!("{url:?} {code:?} {:?} {taken:?} {assigned:?}", transfer::dialled());
    assert!(taken.is_err() && assigned.is_err() && class == Class::LocalSocket);
}

#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_ALL: extern "C" fn() = before_all;

struct Early;

impl Guest for Early {
    fn on_write(_chunk: Vec<u8>) -> Result<Action, String> {
        Ok(Action::Deliver)
    }
}

export!(Early);
