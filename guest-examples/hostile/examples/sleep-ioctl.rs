//! Sleeps for an hour in `ioctl`.

hostile::attack!(ioctl, || hostile::sleep());
