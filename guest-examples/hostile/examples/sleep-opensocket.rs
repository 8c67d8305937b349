//! Sleeps for an hour in `opensocket`.

hostile::attack!(opensocket, |_| hostile::sleep());
