//! Traps in `start`.

hostile::attack!(start, |_| hostile::trap());
