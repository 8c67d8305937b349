//! Traps in `timer`.

hostile::attack!(timer, || hostile::trap());
