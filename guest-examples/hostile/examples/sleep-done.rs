//! Sleeps for an hour in `done`.

hostile::attack!(done, |_| hostile::sleep());
