//! Traps in `read`.

hostile::attack!(read, |_| hostile::trap());
