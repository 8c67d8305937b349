//! Nothing: a bench needs a package around it.
