//! Prints the life of each connection to stderr, a line for each thing that befalls it. What it prints in brackets
//! beside what libcurl waits for is how many waits went before, which it assigns to the socket.

use exports::transferhost::callbacks::closesocket::Guest as Closesocket;
use exports::transferhost::callbacks::opensocket::{Guest as Opensocket, Purpose, Socktype, Target, Verdict};
use exports::transferhost::callbacks::socket::{Guest as Socket, What};
use exports::transferhost::callbacks::sockopt::{Action, Guest as Sockopt, SocketOptions};
use exports::transferhost::callbacks::timer::Guest as Timer;
use transferhost::callbacks::multi::assign;
use transferhost::callbacks::net::to_text;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:socket-tracer;
        world plugin {
            import transferhost:callbacks/net@0.1.0;
            import transferhost:callbacks/multi@0.1.0;
            export transferhost:callbacks/timer@0.1.0;
            export transferhost:callbacks/opensocket@0.1.0;
            export transferhost:callbacks/sockopt@0.1.0;
            export transferhost:callbacks/socket@0.1.0;
            export transferhost:callbacks/closesocket@0.1.0;
        }
    ",
    generate_all,
});

struct Tracer;

impl Timer for Tracer {
    fn on_timer(timeout: Option<u64>) -> Result<(), String> {
        let timeout = timeout.map_or("none".to_owned(), |milliseconds| format!("{milliseconds} ms"));
        eprintln!("timer: {timeout}");
        Ok(())
    }
}

impl Opensocket for Tracer {
    fn on_opensocket(purpose: Purpose, target: Target) -> Result<Verdict, String> {
        let socktype = match target.socktype {
            Socktype::SockStream => "stream",
            Socktype::SockDgram => "datagrams",
        };
        let (purpose, to) = (name(purpose), to_text(&target.address));
        eprintln!("{purpose}: {socktype}, protocol {}, {to}", target.protocol);
        Ok(Verdict::Allow)
    }
}

impl Sockopt for Tracer {
    fn on_sockopt(purpose: Purpose, socket: &SocketOptions) -> Result<Action, String> {
        eprintln!("socket {}: made ({})", socket.id(), name(purpose));
        Ok(Action::Ok)
    }
}

impl Socket for Tracer {
    fn on_socket(what: What, socket: u64, assigned: Option<u64>) -> Result<(), String> {
        let waits = match what {
            What::PollNone => "nothing",
            What::PollIn => "bytes to come",
            What::PollOut => "room for bytes to go",
            What::PollInout => "either way",
            What::PollRemove => "no more",
        };
        let before = assigned.unwrap_or(0);
        eprintln!("socket {socket}: waits for {waits} ({before})");
        // What libcurl watches no more begins anew if it is watched again.
        let after = (what != What::PollRemove).then_some(before + 1);
        assign(socket, after).map_err(|error| format!("socket {socket}: {error:?}"))
    }
}

impl Closesocket for Tracer {
    fn on_closesocket(socket: u64) -> Result<(), String> {
        eprintln!("socket {socket}: closed");
        Ok(())
    }
}

fn name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Ipcxn => "connection",
        Purpose::Accept => "accepted connection",
    }
}

export!(Tracer);
