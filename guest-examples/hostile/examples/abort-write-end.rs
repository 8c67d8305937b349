//! Aborts in `write-end`.

hostile::attack!(write_end, || hostile::abort());
