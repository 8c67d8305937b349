//! Sleeps for an hour in `socket`.

hostile::attack!(socket, || hostile::sleep());
