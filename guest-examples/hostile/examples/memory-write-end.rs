//! Grows its memory until refused, in `write-end`.

hostile::attack!(write_end, || hostile::memory());
