//! Follows redirects within the site of the first URL only: the same host at the same port, or the same host's `https`
//! where the first URL was plain `http`, and never from `https` back. Elsewhere the transfer ends as a success with the
//! redirect's own status and headers, or with `--set elsewhere=abort` as a failure.

use exports::transferhost::callbacks::{redirect, start};
use transferhost::callbacks::request::Request;
use transferhost::callbacks::transfer;
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:one-site-redirects;
        world plugin {
            import transferhost:callbacks/transfer@0.1.0;
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/redirect@0.1.0;
        }
    ",
    generate_all,
});

/// Scheme, host and port; `None` where there is no host or no web scheme, or where it is not clear what the host is.
fn place(url: &str) -> Option<(String, String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    // A colon within brackets is the address's own.
    let (host, port) = match authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, default),
    };
    // `host.` is `host`, said in full.
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let clear = !host.is_empty() && !host.contains(['@', '\\', '%']);
    clear.then_some((scheme, host, port))
}

fn stays(first: &str, source: &str, target: &str) -> Option<bool> {
    let (first, source, target) = (place(first)?, place(source)?, place(target)?);
    let (scheme, host, port) = &first;
    let upgraded = (scheme.as_str(), *port) == ("http", 80) && target == ("https".to_owned(), host.clone(), 443);
    let downgraded = (source.0.as_str(), target.0.as_str()) == ("https", "http");
    Some((first == target || upgraded) && !downgraded)
}

fn aborts() -> Result<bool, String> {
    let given = store::get("elsewhere").map_err(|error| format!("--set elsewhere cannot be read: {error:?}"))?;
    match given.as_deref() {
        None | Some("finish") => Ok(false),
        Some("abort") => Ok(true),
        Some(_) => Err("pass --set elsewhere=finish, the default, or --set elsewhere=abort".to_owned()),
    }
}

struct OneSite;

impl start::Guest for OneSite {
    fn on_start(_request: &Request) -> Result<(), String> {
        aborts().map(drop)
    }
}

impl redirect::Guest for OneSite {
    fn on_redirect(status: u16, source: String, target: String) -> Result<redirect::Action, String> {
        let first = transfer::url();
        if stays(&first, &source, &target).unwrap_or(false) {
            return Ok(redirect::Action::Follow);
        }
        let words = format!("{source} led elsewhere with {status}: {target} is not on the site of {first}");
        if aborts()? {
            return Err(words);
        }
        eprintln!("{words}");
        Ok(redirect::Action::Finish)
    }
}

export!(OneSite);
