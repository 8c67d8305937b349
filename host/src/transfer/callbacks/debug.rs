//! CURLOPT_DEBUGFUNCTION: libcurl's own words, and all that goes over the wire.

use std::io::Write as _;

use crate::callback::Callback;
use crate::curl::{InfoType, OnDebug};
use crate::guest::debug;
use crate::transfer::dispatch::Dispatch;

impl OnDebug for Dispatch {
    fn debug(&self, infotype: InfoType, data: &[u8]) {
        self.on_debug(infotype, data);
        self.note();
    }
}

impl Dispatch {
    pub(super) fn on_debug(&self, infotype: InfoType, data: &[u8]) {
        if let Some(wire) = &self.observer.wire {
            wire(infotype, data);
        } else if self.verbose {
            print_as_libcurl(infotype, data);
        }
        if !self.decides(Callback::Debug) {
            return;
        }
        let (infotype, name) = match infotype {
            InfoType::Text => (debug::Infotype::Text, "text"),
            InfoType::HeaderIn => (debug::Infotype::HeaderIn, "header-in"),
            InfoType::HeaderOut => (debug::Infotype::HeaderOut, "header-out"),
            InfoType::DataIn => (debug::Infotype::DataIn, "data-in"),
            InfoType::DataOut => (debug::Infotype::DataOut, "data-out"),
            InfoType::SslDataIn => (debug::Infotype::SslDataIn, "ssl-data-in"),
            InfoType::SslDataOut => (debug::Infotype::SslDataOut, "ssl-data-out"),
        };
        let call = || format!("debug({name}, {} bytes)", data.len());
        // libcurl does not want to know: the driver ends the transfer where this has latched.
        let _ = self.tell(Callback::Debug, call, |guest| guest.on_debug(infotype, data));
    }
}

/// With a function of ours in its place, libcurl no longer prints what `-v` asks for.
fn print_as_libcurl(infotype: InfoType, data: &[u8]) {
    let mark: &[u8] = match infotype {
        InfoType::Text => b"* ",
        InfoType::HeaderIn => b"< ",
        InfoType::HeaderOut => b"> ",
        _ => return,
    };
    let mut stderr = std::io::stderr().lock();
    // One mark for all that came at once, and nobody to tell where stderr is closed.
    let _ = stderr.write_all(mark).and_then(|()| stderr.write_all(data));
}
