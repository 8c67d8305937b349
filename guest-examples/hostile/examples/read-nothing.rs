//! Answers `data` without a byte in `read`.

hostile::attack!(read, |_| Ok(Action::Data(Vec::new())));
