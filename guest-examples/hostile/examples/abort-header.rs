//! Aborts in `header`.

hostile::attack!(header, |_| hostile::abort());
