//! Grows its memory until refused, in `read`.

hostile::attack!(read, |_| hostile::memory());
