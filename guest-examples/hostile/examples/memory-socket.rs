//! Grows its memory until refused, in `socket`.

hostile::attack!(socket, || hostile::memory());
