//! What a transfer is sent for. Most callbacks are called whatever it is; some want an upload, or a redirect.

use transferhost::{Body, Source, TransferSpec};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::request::Request;

/// What is fetched.
pub(crate) const BODY: &[u8] = b"a short body\n";
/// What is brought.
pub(crate) const UPLOAD: &[u8] = b"a short upload\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    Fetch,
    /// A fetch that is sent on to where the plain one goes.
    FetchMoved,
    Bring,
    /// The same after an upload, which has to begin again.
    BringMoved,
}

impl Errand {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Errand::Fetch => "/",
            Errand::FetchMoved => "/moved",
            Errand::Bring => "/upload",
            Errand::BringMoved => "/upload-moved",
        }
    }

    pub(crate) fn is_moved(self) -> bool {
        matches!(self, Errand::FetchMoved | Errand::BringMoved)
    }

    pub(crate) fn brings(self) -> bool {
        matches!(self, Errand::Bring | Errand::BringMoved)
    }

    pub(crate) fn spec(self, origin: &Origin) -> TransferSpec {
        TransferSpec {
            url: origin.url(self.path()),
            follow: self.is_moved(),
            body: if self.brings() {
                Body::Upload(Source::bytes(UPLOAD.to_vec()))
            } else {
                Body::None
            },
            ..TransferSpec::default()
        }
    }
}

/// Answers all of them.
pub(crate) fn origin() -> Origin {
    let answer = |request: &Request| match request.path() {
        "/moved" => Response::redirect(307, "/"),
        "/upload-moved" => Response::redirect(307, "/upload"),
        _ => Response::ok(BODY),
    };
    http::serve(answer).expect("an origin")
}
