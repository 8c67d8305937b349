//! Traps in `redirect`.

hostile::attack!(redirect, || hostile::trap());
