//! Sleeps for an hour in `seek`.

hostile::attack!(seek, || hostile::sleep());
