//! Aborts in `timer`.

hostile::attack!(timer, || hostile::abort());
