//! Pauses for ever in `read`, a little at a time.

hostile::attack!(read, |_| Ok(Action::Pause(10)));
