//! Attacks on what a guest is lent, and on lengths: no compiler writes them.

use transferhost::Callback;

use crate::attacks::File;
use crate::made::Core;

pub(crate) fn all() -> Vec<File> {
    let start = Core {
        callbacks: &[Callback::Start],
        gives_back: false,
        ..Core::default()
    };
    let sockopt = Core {
        callbacks: &[Callback::Sockopt],
        ..start
    };
    let read = Core {
        callbacks: &[Callback::Read],
        // ok(data) of all that 32 bits can say.
        has: r#"(data (i32.const 64) "\00\00\00\00\01\00\00\00\20\00\00\00\ff\ff\ff\ff")"#,
        answer: "i32.const 64",
        ..Core::default()
    };
    let made = |name, what, core: Core<'_>| (name, "wasm", what, core.component());
    vec![
        made("keeps-request", "Keeps the request that `start` lends it", start),
        made(
            "drops-request-twice",
            "Gives the request back twice in `start`",
            Core {
                answer: "(call $drop-request (local.get 0)) (call $drop-request (local.get 0)) i32.const 0",
                ..start
            },
        ),
        made(
            "forges-request",
            "Asks in `start` for the method of a request that it was never lent",
            Core {
                imports: r#"(import "transferhost:callbacks/request@0.1.0" "[method]request.method"
                    (func $method (param i32 i32)))"#,
                gives_back: true,
                answer: "(call $method (i32.const 77) (i32.const 256)) i32.const 0",
                ..start
            },
        ),
        made("keeps-socket", "Keeps the options that `sockopt` lends it", sockopt),
        made(
            "drops-socket-twice",
            "Gives the options back twice in `sockopt`",
            Core {
                answer: "(call $drop-socket (local.get 1)) (call $drop-socket (local.get 1)) i32.const 0",
                ..sockopt
            },
        ),
        made("read-4-gib", "Answers `data` of 4 GiB in `read`, less a byte", read),
    ]
}
