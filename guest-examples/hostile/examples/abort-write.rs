//! Aborts in `write`.

hostile::attack!(write, |_| hostile::abort());
