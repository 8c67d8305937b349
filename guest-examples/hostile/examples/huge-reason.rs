//! Aborts in `write` with a reason of 8 MiB.

hostile::attack!(write, |_| Err("no ".repeat((8 << 20) / 3)));
