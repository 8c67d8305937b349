//! Traps in `seek`.

hostile::attack!(seek, || hostile::trap());
