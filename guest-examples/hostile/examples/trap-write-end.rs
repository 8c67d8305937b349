//! Traps in `write-end`.

hostile::attack!(write_end, || hostile::trap());
