//! Grows its memory until refused, in `write`.

hostile::attack!(write, |_| hostile::memory());
