//! Answers each chunk with a pause of 1 ms and never takes one.

hostile::attack!(write, |_| Ok(Action::Pause(1)));
