//! Pauses each chunk for 1 ms and takes 1 MiB more memory each time that it comes again.

hostile::attack!(write, |_| {
    const MIB: usize = 16;
    match core::arch::wasm32::memory_grow::<0>(MIB) {
        usize::MAX => Err("memory was refused".to_owned()),
        _ => Ok(Action::Pause(1)),
    }
});
