//! Aborts in `socket`.

hostile::attack!(socket, || hostile::abort());
