//! Aborts in `progress`.

hostile::attack!(progress, || hostile::abort());
