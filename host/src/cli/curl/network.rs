//! Values that say whom a transfer reaches.

use anyhow::{anyhow, bail};

use super::CurlArgs;
use super::given::Given;
use crate::curl::LibcurlVersion;
use crate::escape::escape;

/// `HOST:PORT:ADDRESS[,ADDRESS]`; behind a `+` they count for a minute, and `-HOST:PORT` forgets one.
pub(super) fn resolve(args: &mut CurlArgs, given: Given) -> anyhow::Result<()> {
    let flag = given.flag.clone();
    let entry = given.text()?;
    let forgets = entry.starts_with('-');
    let mut parts = entry.trim_start_matches(['+', '-']).splitn(3, ':');
    let whole = match (parts.next(), parts.next(), parts.next()) {
        (Some(host), Some(port), address) if !host.is_empty() => {
            port.parse::<u16>().is_ok() && (forgets || address.is_some_and(|address| !address.is_empty()))
        }
        _ => false,
    };
    if !whole {
        bail!("{flag} takes host:port:address, not {}", escape(&entry));
    }
    args.route.resolve.push(entry);
    Ok(())
}

/// `HOST:PORT:HOST:PORT`, of which each may be empty.
pub(super) fn connect_to(args: &mut CurlArgs, given: Given) -> anyhow::Result<()> {
    let flag = given.flag.clone();
    let entry = given.text()?;
    let port = |text: &str| text.is_empty() || text.parse::<u16>().is_ok();
    let last = entry.rsplit(':').next().unwrap_or_default();
    if entry.matches(':').count() < 3 || !port(last) {
        bail!("{flag} takes host:port:host:port, not {}", escape(&entry));
    }
    args.route.connect_to.push(entry);
    Ok(())
}

/// The schemes that libcurl speaks.
pub(super) fn every_scheme() -> Vec<String> {
    LibcurlVersion::get().protocols
}

/// Those that libcurl follows a redirect to.
pub(super) fn redirect_schemes() -> Vec<String> {
    let follows = ["http", "https", "ftp", "ftps"];
    let mut schemes = every_scheme();
    schemes.retain(|scheme| follows.contains(&scheme.as_str()));
    schemes
}

/// One scheme that libcurl speaks.
pub(super) fn scheme(given: Given) -> anyhow::Result<String> {
    let flag = given.flag.clone();
    let name = given.text()?.to_ascii_lowercase();
    match every_scheme().contains(&name) {
        true => Ok(name),
        false => Err(unknown(&flag, &name)),
    }
}

/// `=` sets, `+` or nothing adds, `-` takes away; `all` is every scheme.
pub(super) fn schemes(given: Given, before: Vec<String>) -> anyhow::Result<Vec<String>> {
    let flag = given.flag.clone();
    let every = every_scheme();
    let mut schemes = before;
    for word in given.text()?.split(',').filter(|word| !word.is_empty()) {
        let name = word.trim_start_matches(['=', '+', '-']).to_ascii_lowercase();
        let named = match name.as_str() {
            "all" => every.clone(),
            _ if every.contains(&name) => vec![name],
            _ => return Err(unknown(&flag, &name)),
        };
        if word.starts_with('=') {
            schemes.clear();
        }
        schemes.retain(|scheme| !named.contains(scheme));
        if !word.starts_with('-') {
            schemes.extend(named);
        }
    }
    if schemes.is_empty() {
        bail!("{flag} leaves no scheme that may be used");
    }
    Ok(schemes)
}

fn unknown(flag: &str, name: &str) -> anyhow::Error {
    anyhow!("{flag}: this libcurl has no scheme {}", escape(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_set_added_and_taken_away() {
        let of = |value: &str, before: &[&str]| {
            let flag = "--proto".to_owned();
            let before = before.iter().map(|scheme| (*scheme).to_owned()).collect();
            schemes(
                Given {
                    flag,
                    value: value.into(),
                },
                before,
            )
        };
        assert_eq!(of("=http,https", &["ftp"]).unwrap(), ["http", "https"]);
        assert_eq!(of("-ftp", &["http", "ftp"]).unwrap(), ["http"]);
        assert_eq!(of("-all,HTTPS", &["http", "ftp"]).unwrap(), ["https"]);
        assert_eq!(of("+ftp", &["http"]).unwrap(), ["http", "ftp"]);
        assert!(of("-all", &["http"]).is_err() && of("=htp", &[]).is_err());
    }
}
