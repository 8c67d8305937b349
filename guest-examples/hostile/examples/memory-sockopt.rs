//! Grows its memory until refused, in `sockopt`.

hostile::attack!(sockopt, || hostile::memory());
