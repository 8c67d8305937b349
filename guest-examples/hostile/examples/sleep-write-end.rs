//! Sleeps for an hour in `write-end`.

hostile::attack!(write_end, || hostile::sleep());
