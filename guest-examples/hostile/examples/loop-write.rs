//! Loops without end in `write`.

hostile::attack!(write, |_| hostile::endless());
