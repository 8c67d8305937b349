//! Sleeps for an hour in `progress`.

hostile::attack!(progress, || hostile::sleep());
