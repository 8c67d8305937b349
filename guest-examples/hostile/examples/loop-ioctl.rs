//! Loops without end in `ioctl`.

hostile::attack!(ioctl, || hostile::endless());
