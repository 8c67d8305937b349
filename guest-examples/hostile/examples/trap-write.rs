//! Traps in `write`.

hostile::attack!(write, |_| hostile::trap());
