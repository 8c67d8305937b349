//! Answers with the longest pause there is.

hostile::attack!(write, |_| Ok(Action::Pause(u32::MAX)));
