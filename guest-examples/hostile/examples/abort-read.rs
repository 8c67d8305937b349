//! Aborts in `read`.

hostile::attack!(read, |_| hostile::abort());
