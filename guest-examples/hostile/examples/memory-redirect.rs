//! Grows its memory until refused, in `redirect`.

hostile::attack!(redirect, || hostile::memory());
