//! Grows its memory until refused, in `ioctl`.

hostile::attack!(ioctl, || hostile::memory());
