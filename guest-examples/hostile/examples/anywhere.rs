//! Exports every callback, and does in each what `--set attack=NAME` says. `--without` leaves the callback to be attacked.

use std::hint::black_box;
use std::io::Write as _;

use exports::transferhost::callbacks as on;
use transferhost::callbacks::types::{Address, Inet};
use transferhost::callbacks::{net, request::Request, socket_options::SocketOptions, transfer};
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package hostile:anywhere;

        world plugin {
            import transferhost:callbacks/net@0.1.0;
            import transferhost:callbacks/transfer@0.1.0;
            import wasi:clocks/monotonic-clock@0.2.1;
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/timer@0.1.0;
            export transferhost:callbacks/opensocket@0.1.0;
            export transferhost:callbacks/sockopt@0.1.0;
            export transferhost:callbacks/socket@0.1.0;
            export transferhost:callbacks/ssh-key@0.1.0;
            export transferhost:callbacks/debug@0.1.0;
            export transferhost:callbacks/read@0.1.0;
            export transferhost:callbacks/seek@0.1.0;
            export transferhost:callbacks/ioctl@0.1.0;
            export transferhost:callbacks/xferinfo@0.1.0;
            export transferhost:callbacks/progress@0.1.0;
            export transferhost:callbacks/header@0.1.0;
            export transferhost:callbacks/redirect@0.1.0;
            export transferhost:callbacks/write@0.1.0;
            export transferhost:callbacks/write-end@0.1.0;
            export transferhost:callbacks/closesocket@0.1.0;
            export transferhost:callbacks/done@0.1.0;
        }

        package wasi:io@0.2.1 {
            interface poll {
                resource pollable { block: func(); }
            }
        }

        package wasi:clocks@0.2.1 {
            interface monotonic-clock {
                use wasi:io/poll@0.2.1.{pollable};
                type duration = u64;
                subscribe-duration: func(when: duration) -> pollable;
            }
        }
    ",
    generate_all,
});

/// More than a call may pass to the host.
const MUCH: usize = 17 << 20;

fn attack() -> Result<(), String> {
    let attack = store::get("attack").ok().flatten().unwrap_or_default();
    match attack.as_str() {
        "loop" => hostile::endless(),
        "stack" => {
            black_box(hostile::deeper(black_box(1)));
        }
        "handles" => loop {
            std::mem::forget(subscribe_duration(1));
        },
        "doze" => loop {
            subscribe_duration(1_000_000).block();
        },
        "print" => loop {
            // What cannot be written is not what this attack is about.
            let _ = std::io::stdout().write_all(&[b'\n'; 4 << 10]);
        },
        "exit" => std::process::exit(0),
        "reason" => return Err("n".repeat(MUCH)),
        "argument" => drop(store::get(&"n".repeat(MUCH))),
        "arguments" => {
            let part = "n".repeat(1 << 20);
            loop {
                let _ = store::get(&part);
            }
        }
        "arguments-of-getinfo" => {
            let part = "n".repeat(1 << 20);
            loop {
                let _ = transfer::getinfo(&part);
            }
        }
        "arguments-of-net" => {
            let part = Address::Unix(vec![b'n'; 1 << 20]);
            loop {
                let _ = net::to_text(&part);
                let _ = net::classify(&part);
            }
        }
        "argument-and-reason" => {
            let part = "n".repeat(9 << 20);
            let _ = store::get(&part);
            return Err(part);
        }
        "argument-not-utf8" => drop(store::get(&not_utf8())),
        "reason-not-utf8" => return Err(not_utf8()),
        "questions" => return questions(),
        _ => return Err("pass --set attack=NAME, what to do".to_owned()),
    }
    Err(format!("{attack} came to nothing"))
}

fn not_utf8() -> String {
    // SAFETY: it is not, and nothing in here reads it: the host has to find out.
    unsafe { String::from_utf8_unchecked(b"no\xff\xc0\xaf".to_vec()) }
}

/// Questions that have no sensible answer, and must have one all the same.
fn questions() -> Result<(), String> {
    for name in [
        "",
        "a\0b",
        "url_effective\0",
        "%{url_effective}",
        "\u{202e}",
        &"a".repeat(65),
        &"a".repeat(1 << 20),
    ] {
        if !matches!(transfer::getinfo(name), Err(transfer::GetinfoError::UnknownName)) {
            return Err(format!("{} bytes are a name of getinfo", name.len()));
        }
    }
    for bytes in [0, 3, 5, 15, 17, 1 << 20] {
        let inet = Inet {
            ip: vec![8; bytes],
            port: 80,
            flow_info: 0,
            scope_id: 0,
        };
        let unix = Address::Unix(vec![0; if bytes == 0 { 0 } else { bytes + 107 }]);
        for address in [Address::Inet(inet), unix] {
            if net::classify(&address) != net::Class::Reserved || net::to_text(&address) != "not an address" {
                return Err(format!("{bytes} bytes are an address"));
            }
        }
    }
    Ok(())
}

struct Anywhere;

macro_rules! anywhere {
    ($($interface:ident: fn $name:ident($($argument:ty),*) -> $answer:ty, $ok:expr;)*) => {$(
        impl on::$interface::Guest for Anywhere {
            fn $name($(_: $argument),*) -> Result<$answer, String> {
                attack().map(|()| $ok)
            }
        }
    )*};
}

anywhere! {
    start: fn on_start(&Request) -> (), ();
    timer: fn on_timer(Option<u64>) -> (), ();
    opensocket: fn on_opensocket(on::opensocket::Purpose, on::opensocket::Target) -> on::opensocket::Verdict,
        on::opensocket::Verdict::Allow;
    sockopt: fn on_sockopt(on::sockopt::Purpose, &SocketOptions) -> on::sockopt::Action, on::sockopt::Action::Ok;
    socket: fn on_socket(on::socket::What, u64, Option<u64>) -> (), ();
    ssh_key: fn on_ssh_key(Option<on::ssh_key::Key>, on::ssh_key::Key, on::ssh_key::Match) -> on::ssh_key::Action,
        on::ssh_key::Action::Reject;
    debug: fn on_debug(on::debug::Infotype, Vec<u8>) -> (), ();
    read: fn on_read(u32) -> on::read::Action, on::read::Action::Pass;
    seek: fn on_seek(u64) -> on::seek::Action, on::seek::Action::Ok;
    ioctl: fn on_ioctl(on::ioctl::Cmd) -> on::ioctl::Action, on::ioctl::Action::Ok;
    xferinfo: fn on_xferinfo(u64, u64, u64, u64) -> (), ();
    progress: fn on_progress(f64, f64, f64, f64) -> (), ();
    header: fn on_header(Vec<u8>) -> on::header::Action, on::header::Action::Deliver;
    redirect: fn on_redirect(u16, String, String) -> on::redirect::Action, on::redirect::Action::Follow;
    write: fn on_write(Vec<u8>) -> on::write::Action, on::write::Action::Deliver;
    write_end: fn on_write_end() -> Vec<u8>, Vec::new();
    closesocket: fn on_closesocket(u64) -> (), ();
    done: fn on_done(on::done::Outcome) -> (), ();
}

export!(Anywhere);
