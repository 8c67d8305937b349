//! The outcome's CURLcode: our own function of the callback, its occasion and the cause. libcurl's stands beside it, since
//! libcurl gives the code of whatever callback it happens to call next.

use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::CurlCode;

/// Why a callback was called, where its failure depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Occasion {
    /// It makes no difference.
    #[default]
    Any,
    /// An upload resumes over HTTP.
    Resumes,
    /// An upload resumes over FTP or SFTP.
    ResumesFtp,
}

/// The code of a transfer that ended for this cause, in this callback where there was one.
pub(super) const fn code(callback: Option<Callback>, occasion: Occasion, cause: Cause) -> CurlCode {
    match (cause, callback, occasion) {
        (Cause::PauseBudget, ..) => CurlCode::OPERATION_TIMEDOUT,
        (Cause::Cancelled, ..) => CurlCode::ABORTED_BY_CALLBACK,
        (Cause::Sink, ..) => CurlCode::WRITE_ERROR,
        (Cause::Source, None | Some(Callback::Read), _) => CurlCode::READ_ERROR,
        // Before the first callback there is only the guest's own making.
        (_, None, _) => CurlCode::FAILED_INIT,
        (Cause::Policy, Some(Callback::Read | Callback::Write | Callback::WriteEnd | Callback::Header), _) => {
            CurlCode::FILESIZE_EXCEEDED
        }
        (_, Some(Callback::Seek | Callback::Ioctl), Occasion::Resumes) => CurlCode::READ_ERROR,
        (_, Some(Callback::Seek | Callback::Ioctl), Occasion::ResumesFtp) => CurlCode::FTP_COULDNT_USE_REST,
        // As where libcurl itself finds that a read callback returned too much, or too little.
        (Cause::BadReturn, Some(Callback::Read), _) => CurlCode::READ_ERROR,
        (_, Some(callback), _) => callback.abort_code(),
    }
}
