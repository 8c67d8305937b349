//! Loops without end in `debug`.

hostile::attack!(debug, || hostile::endless());
