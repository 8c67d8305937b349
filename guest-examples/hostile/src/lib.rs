//! What the attacks share: the bindings of one callback, and the ends that can be met in any of them.
//!
//! Each file in `examples/` is one attack and becomes one component. None of them can do harm outside a host's limits:
//! they are what a host is tried with.

use std::hint::spin_loop;
use std::time::Duration;

/// Makes a plugin of one callback and what it answers: `attack!(write, |chunk| answer)`.
///
/// The answer is that callback's `Result`, and the types it is made of are in scope. The worlds of those whose answer
/// may be set from outside also import `wasi:config/store`.
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
    (timer, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:timer; world plugin { export transferhost:callbacks/timer@0.1.0; }",
            use exports::transferhost::callbacks::timer::Guest;
            fn on_timer(_timeout: Option<u64>) -> Result<(), String> { $answer }
        }
    };
    (sockopt, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:sockopt; world plugin {
                import wasi:config/store@0.2.0-rc.1;
                export transferhost:callbacks/sockopt@0.1.0;
            }",
            use exports::transferhost::callbacks::sockopt::{Action, Guest, Purpose};
            fn on_sockopt(
                _purpose: Purpose,
                _socket: &transferhost::callbacks::socket_options::SocketOptions,
            ) -> Result<Action, String> { $answer }
        }
    };
    (socket, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:socket; world plugin { export transferhost:callbacks/socket@0.1.0; }",
            use exports::transferhost::callbacks::socket::{Guest, What};
            fn on_socket(_what: What, _socket: u64, _assigned: Option<u64>) -> Result<(), String> { $answer }
        }
    };
    (ssh_key, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:ssh-key; world plugin {
                import wasi:config/store@0.2.0-rc.1;
                export transferhost:callbacks/ssh-key@0.1.0;
            }",
            use exports::transferhost::callbacks::ssh_key::{Action, Guest, Key, Match};
            fn on_ssh_key(_known: Option<Key>, _found: Key, _match: Match) -> Result<Action, String> { $answer }
        }
    };
    (debug, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:debug; world plugin { export transferhost:callbacks/debug@0.1.0; }",
            use exports::transferhost::callbacks::debug::{Guest, Infotype};
            fn on_debug(_infotype: Infotype, _data: Vec<u8>) -> Result<(), String> { $answer }
        }
    };
    (read, |$max:pat_param| $answer:expr) => {
        $crate::plugin! {
            "package hostile:read; world plugin {
                import wasi:config/store@0.2.0-rc.1;
                export transferhost:callbacks/read@0.1.0;
            }",
            use exports::transferhost::callbacks::read::{Action, Guest};
            fn on_read($max: u32) -> Result<Action, String> { $answer }
        }
    };
    (seek, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:seek; world plugin {
                import wasi:config/store@0.2.0-rc.1;
                export transferhost:callbacks/seek@0.1.0;
            }",
            use exports::transferhost::callbacks::seek::{Action, Guest};
            fn on_seek(_offset: u64) -> Result<Action, String> { $answer }
        }
    };
    (ioctl, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:ioctl; world plugin {
                import wasi:config/store@0.2.0-rc.1;
                export transferhost:callbacks/ioctl@0.1.0;
            }",
            use exports::transferhost::callbacks::ioctl::{Action, Cmd, Guest};
            fn on_ioctl(_cmd: Cmd) -> Result<Action, String> { $answer }
        }
    };
    (progress, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:progress; world plugin { export transferhost:callbacks/progress@0.1.0; }",
            use exports::transferhost::callbacks::progress::Guest;
            fn on_progress(_dltotal: f64, _dlnow: f64, _ultotal: f64, _ulnow: f64) -> Result<(), String> { $answer }
        }
    };
    (redirect, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:redirect; world plugin { export transferhost:callbacks/redirect@0.1.0; }",
            use exports::transferhost::callbacks::redirect::{Action, Guest};
            fn on_redirect(_status: u16, _source: String, _target: String) -> Result<Action, String> { $answer }
        }
    };
    (closesocket, || $answer:expr) => {
        $crate::plugin! {
            "package hostile:closesocket; world plugin { export transferhost:callbacks/closesocket@0.1.0; }",
            use exports::transferhost::callbacks::closesocket::Guest;
            fn on_closesocket(_socket: u64) -> Result<(), String> { $answer }
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

/// The callback's no, unless `--set answer=yes` tames it; ends as `refused`.
#[macro_export]
macro_rules! refusal {
    ($callback:ident, $no:expr, $yes:expr) => {
        $crate::attack!($callback, || Ok(match wasi::config::store::get("answer") {
            Ok(Some(answer)) if answer == "yes" => $yes,
            _ => $no,
        }));
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
