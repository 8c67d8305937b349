//! Traps in `socket`.

hostile::attack!(socket, || hostile::trap());
