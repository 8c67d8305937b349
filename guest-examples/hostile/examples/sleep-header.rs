//! Sleeps for an hour in `header`.

hostile::attack!(header, |_| hostile::sleep());
