//! Aborts in `done`.

hostile::attack!(done, |_| hostile::abort());
