//! Sleeps for an hour in `start`.

hostile::attack!(start, |_| hostile::sleep());
