//! Loops without end in `xferinfo`.

hostile::attack!(xferinfo, || hostile::endless());
