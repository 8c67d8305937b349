//! Loops without end in `start`.

hostile::attack!(start, |_| hostile::endless());
