//! Traps in `debug`.

hostile::attack!(debug, || hostile::trap());
