//! Blots out secrets in what is uploaded, before it leaves the machine: keys of AWS, GitHub tokens, bearer tokens, and
//! the caller's own `--set word=SECRET`. What is found does not depend on how the body is cut into pieces. The body
//! becomes another size by it, so none is announced. A redirect such as 307, or a round of authentication, begins again
//! where the caller's body can; an upload that resumes cannot be, since an offset in it is not one in his body.

use exports::transferhost::callbacks::{read, seek, start};
use transferhost::callbacks::request::Request;

mod body;
// The matcher of the example that does the same for what comes.
#[path = "../../redactor/src/stream.rs"]
mod stream;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:upload-redactor;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            import transferhost:callbacks/upload@0.1.0;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/read@0.1.0;
            export transferhost:callbacks/seek@0.1.0;
        }
    ",
    generate_all,
});

struct Redactor;

impl start::Guest for Redactor {
    fn on_start(_request: &Request) -> Result<(), String> {
        body::begin()
    }
}

impl read::Guest for Redactor {
    fn on_read(max: u32) -> Result<read::Action, String> {
        Ok(match body::next(max)? {
            // It is asked again as soon as something comes.
            None => read::Action::Pause(1_000),
            Some(next) if next.is_empty() => read::Action::Eof,
            Some(next) => read::Action::Data(next),
        })
    }
}

impl seek::Guest for Redactor {
    fn on_seek(offset: u64) -> Result<seek::Action, String> {
        match offset {
            0 => body::begin().map(|()| seek::Action::Ok),
            // What is left out of the caller's body is not as long as what is left out of what is sent.
            _ => Ok(seek::Action::Fail),
        }
    }
}

export!(Redactor);
