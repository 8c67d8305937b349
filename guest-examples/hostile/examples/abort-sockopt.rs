//! Aborts in `sockopt`.

hostile::attack!(sockopt, || hostile::abort());
