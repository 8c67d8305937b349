//! The outcome's CURLcode: our own function of the callback and the cause. libcurl's stands beside it, since libcurl
//! gives the code of whatever callback it happens to call next.

use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::CurlCode;

/// The code of a transfer that ended for this cause, in this callback where there was one.
pub(super) const fn code(callback: Option<Callback>, cause: Cause) -> CurlCode {
    match (cause, callback) {
        (Cause::PauseBudget, _) => CurlCode::OPERATION_TIMEDOUT,
        (Cause::Cancelled, _) => CurlCode::ABORTED_BY_CALLBACK,
        (Cause::Sink, _) => CurlCode::WRITE_ERROR,
        (Cause::Source, _) => CurlCode::READ_ERROR,
        (Cause::Policy, Some(Callback::Write | Callback::WriteEnd | Callback::Header)) => CurlCode::FILESIZE_EXCEEDED,
        (_, Some(Callback::Write | Callback::WriteEnd | Callback::Header)) => CurlCode::WRITE_ERROR,
        (_, Some(Callback::Opensocket)) => CurlCode::COULDNT_CONNECT,
        (_, Some(Callback::Seek)) => CurlCode::SEND_FAIL_REWIND,
        (_, Some(Callback::Start | Callback::Done | Callback::Xferinfo | Callback::Read)) => {
            CurlCode::ABORTED_BY_CALLBACK
        }
        // Before the first callback there is only the guest's own making.
        (_, None) => CurlCode::FAILED_INIT,
    }
}
