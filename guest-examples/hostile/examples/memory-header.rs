//! Grows its memory until refused, in `header`.

hostile::attack!(header, |_| hostile::memory());
