//! Sleeps for an hour in `redirect`.

hostile::attack!(redirect, || hostile::sleep());
