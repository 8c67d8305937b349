//! Traps in `opensocket`.

hostile::attack!(opensocket, |_| hostile::trap());
