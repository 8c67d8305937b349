//! Loops without end in `redirect`.

hostile::attack!(redirect, || hostile::endless());
