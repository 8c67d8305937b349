//! Calls itself without end in `write`.

hostile::attack!(write, |chunk| {
    hostile::deeper(chunk.len() as u64);
    Ok(Action::Deliver)
});
