//! Aborts in `debug`.

hostile::attack!(debug, || hostile::abort());
