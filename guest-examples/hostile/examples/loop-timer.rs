//! Loops without end in `timer`.

hostile::attack!(timer, || hostile::endless());
