//! Sleeps for an hour in `write`.

hostile::attack!(write, |_| hostile::sleep());
