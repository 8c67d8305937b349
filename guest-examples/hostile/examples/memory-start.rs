//! Grows its memory until refused, in `start`.

hostile::attack!(start, |_| hostile::memory());
