//! Loops without end in `socket`.

hostile::attack!(socket, || hostile::endless());
