//! Traps in `header`.

hostile::attack!(header, |_| hostile::trap());
