//! Loops without end in `progress`.

hostile::attack!(progress, || hostile::endless());
