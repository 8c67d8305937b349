//! Loops without end in `closesocket`.

hostile::attack!(closesocket, || hostile::endless());
