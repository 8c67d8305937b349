//! Aborts in `seek`.

hostile::attack!(seek, || hostile::abort());
