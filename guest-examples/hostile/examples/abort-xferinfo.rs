//! Aborts in `xferinfo`.

hostile::attack!(xferinfo, || hostile::abort());
