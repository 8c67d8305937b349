//! Traps in `ioctl`.

hostile::attack!(ioctl, || hostile::trap());
