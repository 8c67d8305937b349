//! Traps in `done`.

hostile::attack!(done, |_| hostile::trap());
