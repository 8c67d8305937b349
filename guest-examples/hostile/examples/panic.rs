//! Panics in `write`.

hostile::attack!(write, |_| panic!("the guest panics on purpose"));
