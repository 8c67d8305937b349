//! Aborts in `redirect`.

hostile::attack!(redirect, || hostile::abort());
