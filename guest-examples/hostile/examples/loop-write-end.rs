//! Loops without end in `write-end`.

hostile::attack!(write_end, || hostile::endless());
