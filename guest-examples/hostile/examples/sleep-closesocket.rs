//! Sleeps for an hour in `closesocket`.

hostile::attack!(closesocket, || hostile::sleep());
