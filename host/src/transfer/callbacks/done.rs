//! `done`, ours: how the transfer ended.

use crate::callback::Callback;
use crate::transfer::dispatch::Dispatch;
use crate::transfer::outcome::Outcome;

/// Tells `done`, where nothing failed before.
pub(in crate::transfer) fn tell_done(dispatch: &Dispatch, outcome: &Outcome) {
    if dispatch.latch.is_set() {
        dispatch.over.set(true);
        return;
    }
    let told = outcome.for_guest();
    let call = || format!("done({})", outcome.code);
    dispatch.contain(Callback::Done, || {
        dispatch.tell(Callback::Done, call, |guest| guest.on_done(&told))
    });
    dispatch.over.set(true);
}
