//! CURLOPT_IOCTLFUNCTION.

use std::ffi::{c_int, c_void};

use curl_sys::{CURL, curlioerr};

use super::{Callbacks, Return, enter};
use crate::callback::Callback;

/// What a transfer makes of it.
pub(crate) trait OnIoctl {
    /// The upload shall begin again, in the older way.
    fn ioctl(&self, command: IoctlCommand) -> Ioctl;
}

/// A `curliocmd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IoctlCommand {
    /// CURLIOCMD_NOP.
    Nop,
    /// CURLIOCMD_RESTARTREAD.
    RestartRead,
}

/// The answer to a wish to begin an upload again, in the older way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ioctl {
    /// CURLIOE_OK.
    Ok,
    /// CURLIOE_UNKNOWNCMD.
    UnknownCmd,
    /// CURLIOE_FAILRESTART.
    FailRestart,
}

impl Return for Ioctl {
    type Number = curl_sys::curlioerr;
    const ABORT: curl_sys::curlioerr = curl_sys::CURLIOE_FAILRESTART;
}

impl Ioctl {
    pub(super) const fn number(self) -> curl_sys::curlioerr {
        match self {
            Ioctl::Ok => curl_sys::CURLIOE_OK,
            Ioctl::UnknownCmd => curl_sys::CURLIOE_UNKNOWNCMD,
            Ioctl::FailRestart => Self::ABORT,
        }
    }
}

pub(in crate::curl) unsafe extern "C" fn trampoline<H: Callbacks>(
    _: *mut CURL,
    command: c_int,
    userdata: *mut c_void,
) -> curlioerr {
    let call = |handler: &H| {
        let command = match u32::try_from(command) {
            Ok(curl_sys::CURLIOCMD_NOP) => IoctlCommand::Nop,
            Ok(curl_sys::CURLIOCMD_RESTARTREAD) => IoctlCommand::RestartRead,
            _ => return Ioctl::UnknownCmd.number(),
        };
        handler.ioctl(command).number()
    };
    // SAFETY: `userdata` is as the page of this folder says.
    unsafe { enter(userdata, Callback::Ioctl, Ioctl::ABORT, call) }
}

install!(
    IoctlCallback,
    curl_sys::CURLOPT_IOCTLFUNCTION,
    curl_sys::CURLOPT_IOCTLDATA
);
