//! Grows its memory until refused, in `progress`.

hostile::attack!(progress, || hostile::memory());
