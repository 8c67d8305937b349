//! Aborts in `opensocket`.

hostile::attack!(opensocket, |_| hostile::abort());
