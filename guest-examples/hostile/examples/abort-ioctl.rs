//! Aborts in `ioctl`.

hostile::attack!(ioctl, || hostile::abort());
