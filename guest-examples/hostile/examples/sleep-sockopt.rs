//! Sleeps for an hour in `sockopt`.

hostile::attack!(sockopt, || hostile::sleep());
