//! Sleeps for an hour in `timer`.

hostile::attack!(timer, || hostile::sleep());
