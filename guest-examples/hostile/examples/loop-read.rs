//! Loops without end in `read`.

hostile::attack!(read, |_| hostile::endless());
