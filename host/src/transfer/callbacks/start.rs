//! `start`, ours: the request may be amended before anything is dialled.

use crate::callback::Callback;
use crate::escape::escape;
use crate::guest::RequestHead;
use crate::transfer::dispatch::Dispatch;
use crate::transfer::guests::Who;
use crate::transfer::spec::TransferSpec;
use crate::transfer::trace::Shown;

/// Lets `start` amend the headers. The tenant's sees what the operator's has made of them; what that has set or removed
/// stays so, whatever the tenant's does with it.
pub(in crate::transfer) fn amend(dispatch: &Dispatch, spec: &mut TransferSpec, url: &str, method: &str) {
    let head = RequestHead::new(url, method, std::mem::take(&mut spec.headers));
    let ask = |who, head: RequestHead| {
        let call = || format!("start({} {})", escape(method), escape(url));
        let kept = head.clone();
        dispatch.ask(who, Callback::Start, call, |guest| guest.on_start(head), || kept)
    };
    let amended = ask(Who::Operator, head).and_then(|by_operator| {
        let mut by_tenant = ask(Who::Tenant, by_operator.clone())?;
        by_tenant.keep(by_operator);
        Some(by_tenant)
    });
    spec.headers = amended.unwrap_or_default().into_headers();
}

impl Shown for RequestHead {
    fn shown(&self) -> String {
        "ok".to_owned()
    }
}
