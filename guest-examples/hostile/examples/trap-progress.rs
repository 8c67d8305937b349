//! Traps in `progress`.

hostile::attack!(progress, || hostile::trap());
