//! What the attacks share: the bindings of one callback, and the ends that can be met in any of them.
//!
//! Each file in `examples/` is one attack and becomes one component. None of them can do harm outside a host's limits:
//! they are what a host is tried with.

use std::hint::spin_loop;
use std::time::Duration;

/// Makes a plugin of one callback and what it answers: `attack!(write, |chunk| answer)`.
///
/// The answer is that callback's `Result`, and the types it is made of are in scope. The worlds of `write` and
/// `opensocket` also import `wasi:config/store`.
#[macro_export]
macro_rules! attack {
    (write, |$chunk:pat_param| $answer:expr) => {
        $crate::plugin! {
            "package hostile:write; world plugin {
                import wasi:config/store@0.2.0-rc.1;
                export transferhost:callbacks/write@0.1.0;
            }",
            use exports::transferhost::callbacks::write::{Action, Guest};
            fn on_write($chunk: Vec<u8>) -> Result<Action, String> { $answer }
        }
    };
    (write_end, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:write-end; world plugin { export transferhost:callbacks/write-end@0.1.0; }",
            use exports::transferhost::callbacks::write_end::Guest;
            fn on_write_end() -> Result<Vec<u8>, String> { $answer }
        }
    };
    (header, |$line:pat_param| $answer:expr) => {
        $crate::plugin! {
            "package hostile:header; world plugin { export transferhost:callbacks/header@0.1.0; }",
            use exports::transferhost::callbacks::header::{Action, Guest};
            fn on_header($line: Vec<u8>) -> Result<Action, String> { $answer }
        }
    };
    (xferinfo, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:xferinfo; world plugin { export transferhost:callbacks/xferinfo@0.1.0; }",
            use exports::transferhost::callbacks::xferinfo::Guest;
            fn on_xferinfo(_dltotal: u64, _dlnow: u64, _ultotal: u64, _ulnow: u64) -> Result<(), String> { $answer }
        }
    };
    (opensocket, |$target:pat_param| $answer:expr) => {
        $crate::plugin! {
            "package hostile:opensocket; world plugin {
                import wasi:config/store@0.2.0-rc.1;
                export transferhost:callbacks/opensocket@0.1.0;
            }",
            use exports::transferhost::callbacks::opensocket::{Guest, Purpose, Target, Verdict};
            fn on_opensocket(_purpose: Purpose, $target: Target) -> Result<Verdict, String> { $answer }
        }
    };
    (start, |$request:pat_param| $answer:expr) => {
        $crate::plugin! {
            "package hostile:start; world plugin { export transferhost:callbacks/start@0.1.0; }",
            use exports::transferhost::callbacks::start::Guest;
            fn on_start($request: &transferhost::callbacks::request::Request) -> Result<(), String> { $answer }
        }
    };
    (done, |$outcome:pat_param| $answer:expr) => {
        $crate::plugin! {
            "package hostile:done; world plugin { export transferhost:callbacks/done@0.1.0; }",
            use exports::transferhost::callbacks::done::{Guest, Outcome};
            fn on_done($outcome: Outcome) -> Result<(), String> { $answer }
        }
    };
}

/// The part of [`attack!`] that all callbacks share.
#[doc(hidden)]
#[macro_export]
macro_rules! plugin {
    ($world:literal, $used:item $function:item) => {
        $used

        wit_bindgen::generate!({ path: "../../wit", inline: $world, generate_all });

        struct Hostile;

        impl Guest for Hostile {
            $function
        }

        export!(Hostile);
    };
}

/// Never returns and does nothing else; ends as `out-of-fuel`.
pub fn endless() -> ! {
    loop {
        spin_loop();
    }
}

/// Meets `unreachable`; ends as `trap`.
pub fn trap() -> ! {
    core::arch::wasm32::unreachable()
}

/// Waits in WASI's clock for an hour; ends as `deadline`. Where the wait is cut short and the guest lives on, it aborts
/// and says so.
pub fn sleep<T>() -> Result<T, String> {
    std::thread::sleep(Duration::from_secs(3600));
    Err("the sleep was cut short".to_owned())
}

/// Grows its memory, 1 MiB at a time, until it is refused; ends as `memory`. Where the refusal is only an answer, it
/// aborts and says how far it came.
pub fn memory<T>() -> Result<T, String> {
    const MIB: usize = 16;
    while core::arch::wasm32::memory_grow::<0>(MIB) != usize::MAX {}
    Err(format!(
        "memory was refused at {} MiB",
        core::arch::wasm32::memory_size::<0>() / MIB
    ))
}

/// The plain word of a guest that will not go on; ends as `guest-abort` with the reason `no`.
pub fn abort<T>() -> Result<T, String> {
    Err("no".to_owned())
}

/// Calls itself without end; ends as `stack`.
#[inline(never)]
pub fn deeper(depth: u64) -> u64 {
    // Something is left to do after the call, so that it cannot become a loop.
    if depth == 0 {
        0
    } else {
        deeper(depth.wrapping_add(1)).rotate_left(1) ^ depth
    }
}
