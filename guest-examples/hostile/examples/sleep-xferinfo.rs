//! Sleeps for an hour in `xferinfo`.

hostile::attack!(xferinfo, || hostile::sleep());
