//! Traps in `sockopt`.

hostile::attack!(sockopt, || hostile::trap());
