//! Meddles in every callback with what is another's: takes from the upload out of turn, assigns to sockets that are not
//! there, sets options out of their bounds. It aborts where it gets its way.

use exports::transferhost::callbacks::closesocket::Guest as Closesocket;
use exports::transferhost::callbacks::debug::{Guest as Debug, Infotype};
use exports::transferhost::callbacks::progress::Guest as Progress;
use exports::transferhost::callbacks::read::{Action as ReadAction, Guest as Read};
use exports::transferhost::callbacks::redirect::{Action as RedirectAction, Guest as Redirect};
use exports::transferhost::callbacks::seek::{Action as SeekAction, Guest as Seek};
use exports::transferhost::callbacks::socket::{Guest as Socket, What};
use exports::transferhost::callbacks::sockopt::{Action as SockoptAction, Guest as Sockopt, Purpose};
use exports::transferhost::callbacks::timer::Guest as Timer;
use transferhost::callbacks::multi::{AssignError, assign};
use transferhost::callbacks::socket_options::{OptionError, SocketOptions};
use transferhost::callbacks::upload::{UploadError, take};

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package hostile:meddler;
        world plugin {
            import transferhost:callbacks/multi@0.1.0;
            import transferhost:callbacks/upload@0.1.0;
            export transferhost:callbacks/timer@0.1.0;
            export transferhost:callbacks/sockopt@0.1.0;
            export transferhost:callbacks/socket@0.1.0;
            export transferhost:callbacks/debug@0.1.0;
            export transferhost:callbacks/read@0.1.0;
            export transferhost:callbacks/seek@0.1.0;
            export transferhost:callbacks/progress@0.1.0;
            export transferhost:callbacks/redirect@0.1.0;
            export transferhost:callbacks/closesocket@0.1.0;
        }
    ",
    generate_all,
});

struct Meddler;

/// What no callback but `read` and `socket` has a right to, and they not to this.
fn meddle() -> Result<(), String> {
    for socket in [0, 1 << 32, u64::MAX] {
        if !matches!(assign(socket, Some(socket)), Err(AssignError::UnknownSocket)) {
            return Err(format!("{socket} could be assigned to"));
        }
    }
    Ok(())
}

fn meddle_and_take() -> Result<(), String> {
    match take(u32::MAX) {
        Err(UploadError::NotNow) => meddle(),
        taken => Err(format!("out of turn there was {taken:?}")),
    }
}

impl Timer for Meddler {
    fn on_timer(_timeout: Option<u64>) -> Result<(), String> {
        meddle_and_take()
    }
}

impl Sockopt for Meddler {
    fn on_sockopt(_purpose: Purpose, socket: &SocketOptions) -> Result<SockoptAction, String> {
        let beyond = [
            ("keepidle 0", socket.set_tcp_keepidle(0)),
            ("keepidle", socket.set_tcp_keepidle(32_768)),
            ("keepintvl", socket.set_tcp_keepintvl(u32::MAX)),
            ("keepcnt 0", socket.set_tcp_keepcnt(0)),
            ("keepcnt", socket.set_tcp_keepcnt(128)),
            ("user-timeout", socket.set_tcp_user_timeout(1 << 31)),
            ("rcvbuf 0", socket.set_rcvbuf(0)),
            ("rcvbuf", socket.set_rcvbuf((16 << 20) + 1)),
            ("sndbuf", socket.set_sndbuf(u32::MAX)),
            ("ttl 0", socket.set_ttl(0)),
        ];
        for (option, answer) in beyond {
            if !matches!(answer, Err(OptionError::InvalidValue)) {
                return Err(format!("{option} gave {answer:?}"));
            }
        }
        meddle_and_take().map(|()| SockoptAction::Ok)
    }
}

impl Socket for Meddler {
    fn on_socket(_what: What, _socket: u64, _assigned: Option<u64>) -> Result<(), String> {
        meddle_and_take()
    }
}

impl Debug for Meddler {
    fn on_debug(_infotype: Infotype, _data: Vec<u8>) -> Result<(), String> {
        meddle_and_take()
    }
}

impl Read for Meddler {
    fn on_read(_max: u32) -> Result<ReadAction, String> {
        meddle().map(|()| ReadAction::Pass)
    }
}

impl Seek for Meddler {
    fn on_seek(_offset: u64) -> Result<SeekAction, String> {
        meddle_and_take().map(|()| SeekAction::Ok)
    }
}

impl Progress for Meddler {
    fn on_progress(_dltotal: f64, _dlnow: f64, _ultotal: f64, _ulnow: f64) -> Result<(), String> {
        meddle_and_take()
    }
}

impl Redirect for Meddler {
    fn on_redirect(_status: u16, _source: String, _target: String) -> Result<RedirectAction, String> {
        meddle_and_take().map(|()| RedirectAction::Follow)
    }
}

impl Closesocket for Meddler {
    fn on_closesocket(_socket: u64) -> Result<(), String> {
        meddle_and_take()
    }
}

export!(Meddler);
