//! What a guest may ask about its transfer, answered by getinfo alone.

use std::time::Duration;

use super::body::SharedBody;
use super::message::public_url;
use crate::curl::{Info, InfoHandle, InfoName};
use crate::guest::{Dialled, Taken, TransferInfo, TransferView};

/// A transfer as its guests see it.
#[derive(Clone)]
pub(super) struct View {
    pub(super) url: String,
    pub(super) host: String,
    pub(super) scheme: String,
    pub(super) info: InfoHandle,
    pub(super) body: SharedBody,
}

impl TransferView for View {
    fn url(&self) -> String {
        self.url.clone()
    }

    fn host(&self) -> String {
        self.host.clone()
    }

    fn getinfo(&self, name: &str) -> TransferInfo {
        let Some(found) = InfoName::find(name) else {
            return TransferInfo::Unknown;
        };
        match self.info.get(found) {
            // A URL's credentials are none of the guest's affair.
            Some(Info::Text(url)) if URLS.contains(&name) => {
                public_url(&url).map_or(TransferInfo::None, TransferInfo::Text)
            }
            Some(Info::Text(text)) => TransferInfo::Text(text),
            Some(Info::Number(number)) => TransferInfo::Number(number),
            Some(Info::Seconds(seconds)) => TransferInfo::Seconds(seconds),
            None => TransferInfo::None,
        }
    }

    fn dialled(&self) -> Dialled {
        if self.uses_proxy() {
            Dialled::Proxy
        } else if self.is_ftp() && (100..300).contains(&self.info.number("response_code")) {
            // The server has answered, so the control connection is there already. A redirect from HTTP leaves a 3xx.
            Dialled::FtpData
        } else {
            Dialled::Origin
        }
    }

    fn take_upload(&self, max: usize, patience: Duration) -> Taken {
        self.body.take(max, patience)
    }
}

/// Values that are URLs.
const URLS: [&str; 3] = ["url_effective", "redirect_url", "referer"];

impl View {
    fn is_ftp(&self) -> bool {
        self.info
            .text("url_effective")
            .is_some_and(|url| url.starts_with("ftp"))
    }

    fn uses_proxy(&self) -> bool {
        match InfoName::find("proxy_used").and_then(|name| self.info.get(name)) {
            Some(Info::Number(used)) => used != 0,
            // A libcurl before 8.7.0 does not tell. Only the environment can name a proxy.
            _ => [format!("{}_proxy", self.scheme), "all_proxy".to_owned()]
                .iter()
                .any(|name| {
                    [name.clone(), name.to_uppercase()]
                        .iter()
                        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
                }),
        }
    }
}
