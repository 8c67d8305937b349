//! Grows its memory until refused, in `closesocket`.

hostile::attack!(closesocket, || hostile::memory());
