//! Sleeps for an hour in `debug`.

hostile::attack!(debug, || hostile::sleep());
