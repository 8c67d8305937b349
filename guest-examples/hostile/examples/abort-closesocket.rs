//! Aborts in `closesocket`.

hostile::attack!(closesocket, || hostile::abort());
