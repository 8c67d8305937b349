//! Grows its memory until refused, in `done`.

hostile::attack!(done, |_| hostile::memory());
