//! Traps in `xferinfo`.

hostile::attack!(xferinfo, || hostile::trap());
