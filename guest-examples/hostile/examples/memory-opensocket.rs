//! Grows its memory until refused, in `opensocket`.

hostile::attack!(opensocket, |_| hostile::memory());
