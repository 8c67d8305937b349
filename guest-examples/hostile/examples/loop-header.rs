//! Loops without end in `header`.

hostile::attack!(header, |_| hostile::endless());
