//! Loops without end in `done`.

hostile::attack!(done, |_| hostile::endless());
