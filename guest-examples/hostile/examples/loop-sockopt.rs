//! Loops without end in `sockopt`.

hostile::attack!(sockopt, || hostile::endless());
