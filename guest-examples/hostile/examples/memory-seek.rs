//! Grows its memory until refused, in `seek`.

hostile::attack!(seek, || hostile::memory());
