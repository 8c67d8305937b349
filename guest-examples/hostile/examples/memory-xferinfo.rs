//! Grows its memory until refused, in `xferinfo`.

hostile::attack!(xferinfo, || hostile::memory());
