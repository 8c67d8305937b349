//! Aborts in `start`.

hostile::attack!(start, |_| hostile::abort());
