//! Sleeps for an hour in `read`.

hostile::attack!(read, |_| hostile::sleep());
