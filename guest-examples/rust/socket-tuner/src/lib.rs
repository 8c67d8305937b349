//! Sets options of each socket before it is connected, each by `--set`: `nodelay` and `keepalive` (`on` or `off`),
//! `keepidle` and `keepintvl` (seconds), `keepcnt`, `user-timeout` (milliseconds), `rcvbuf` and `sndbuf` (bytes), `tos`
//! and `ttl`. Where one of them is refused, the transfer ends and says which.

use core::str::FromStr;

use exports::transferhost::callbacks::sockopt::{Action, Guest, Purpose, SocketOptions};
use transferhost::callbacks::socket_options::OptionError;
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:socket-tuner;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/sockopt@0.1.0;
        }
    ",
    generate_all,
});

struct Tuner;

/// Why the option was not set, in words.
fn words(why: OptionError) -> &'static str {
    match why {
        OptionError::InvalidValue => "the value is out of bounds",
        OptionError::NotSupported => "the socket has no such option",
        OptionError::Refused => "the system refused it",
    }
}

/// A number of the option's own size.
fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| "it takes a number that it can hold".to_owned())
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it takes on or off".to_owned()),
    }
}

fn set(socket: &SocketOptions, name: &str, value: &str) -> Result<(), String> {
    match name {
        "nodelay" => socket.set_tcp_nodelay(switch(value)?),
        "keepalive" => socket.set_keepalive(switch(value)?),
        "keepidle" => socket.set_tcp_keepidle(number(value)?),
        "keepintvl" => socket.set_tcp_keepintvl(number(value)?),
        "keepcnt" => socket.set_tcp_keepcnt(number(value)?),
        "user-timeout" => socket.set_tcp_user_timeout(number(value)?),
        "rcvbuf" => socket.set_rcvbuf(number(value)?),
        "sndbuf" => socket.set_sndbuf(number(value)?),
        "tos" => socket.set_tos(number(value)?),
        "ttl" => socket.set_ttl(number(value)?),
        _ => return Err("there is no such option".to_owned()),
    }
    .map_err(|why| words(why).to_owned())
}

impl Guest for Tuner {
    fn on_sockopt(_purpose: Purpose, socket: &SocketOptions) -> Result<Action, String> {
        let settings = store::get_all().map_err(|error| format!("--set cannot be read: {error:?}"))?;
        if settings.is_empty() {
            return Err("pass --set OPTION=VALUE, such as nodelay=off or ttl=8".to_owned());
        }
        for (name, value) in settings {
            set(socket, &name, &value).map_err(|why| format!("{name}={value}: {why}"))?;
        }
        Ok(Action::Ok)
    }
}

export!(Tuner);
