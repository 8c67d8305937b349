//! Loops without end in `seek`.

hostile::attack!(seek, || hostile::endless());
