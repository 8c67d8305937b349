//! The other classifier is std's own, which stable Rust does not give out; the test asks Python's.
#![no_main]
#![feature(ip)]

use transferhost::testing::AddressCase;

libfuzzer_sys::fuzz_target!(|data: &[u8]| AddressCase::read(data).check(&|ip| ip.is_global()).unwrap());
