//! Finishes after more bytes than the chunk holds.

hostile::attack!(write, |_| Ok(Action::Finish(u32::MAX)));
