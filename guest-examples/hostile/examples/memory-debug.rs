//! Grows its memory until refused, in `debug`.

hostile::attack!(debug, || hostile::memory());
