//! Grows its memory until refused, in `timer`.

hostile::attack!(timer, || hostile::memory());
