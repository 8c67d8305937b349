//! Traps in `closesocket`.

hostile::attack!(closesocket, || hostile::trap());
