//! Exits in `write`, with the code of a success.

hostile::attack!(write, |_| std::process::exit(0));
