//! How libcurl comes by the answers for names that the host has looked up.

use std::rc::Rc;

use super::Worker;
use crate::curl::{Easy, LongOption, Multi, SetoptError, SlistOption, TextOption};
use crate::transfer::dispatch::Dispatch;
use crate::transfer::live::Live;
use crate::transfer::names::Names;
use crate::transfer::set::milliseconds;

impl Worker {
    /// Lets libcurl have the answers for names that a redirect leads to. It reads a handle's own list when the handle begins and
    /// not again, but its cache is the multi handle's: so another handle brings them, which ends at once for want of a scheme.
    pub(super) fn hand_names(&mut self, id: usize, lane: usize) {
        let Some((live, _)) = self.live.get(&id) else { return };
        let dispatch = Rc::clone(&live.dispatch);
        let due = dispatch.names.as_ref().map(Names::take_due).unwrap_or_default();
        if due.is_empty() {
            return;
        }
        let brings = || {
            let mut easy = Easy::new(Rc::clone(&dispatch))?;
            easy.set_slist(SlistOption::RESOLVE, &due)?;
            easy.set_text(TextOption::URL, "names://handed.over/")?;
            Ok::<_, SetoptError>(easy)
        };
        let Some(of) = self.lanes.get_mut(&lane) else { return };
        let token = brings().ok().and_then(|easy| of.multi.add(easy).ok());
        self.run_lane(lane, Multi::tick);
        if let (Some(token), Some(of)) = (token, self.lanes.get_mut(&lane)) {
            drop(of.multi.remove(token));
        }
    }
}

/// Tells libcurl what the host knows of names, and how long it may take to connect after the host has waited for them.
pub(super) fn give(live: &Live, easy: &mut Easy<Dispatch>) -> Result<(), SetoptError> {
    let Some(names) = live.dispatch.names.as_ref().filter(|names| names.hands_over()) else {
        return Ok(());
    };
    let entries = names.entries();
    if !entries.is_empty() {
        easy.set_slist(SlistOption::RESOLVE, &entries)?;
    }
    match live.connect_left() {
        Some(left) => easy.set_long(LongOption::CONNECTTIMEOUT_MS, milliseconds(left)),
        None => Ok(()),
    }
}
