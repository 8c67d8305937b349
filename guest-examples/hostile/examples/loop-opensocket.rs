//! Loops without end in `opensocket`.

hostile::attack!(opensocket, |_| hostile::endless());
