//! Sends as much as there is room for, without end.

hostile::attack!(read, |max| Ok(Action::Data(vec![b'x'; max as usize])));
