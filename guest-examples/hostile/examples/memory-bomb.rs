//! Allocates without end in `write`, as a careless program would: where growth is only answered with a refusal, the
//! allocator gives up and the guest traps.

hostile::attack!(write, |_| loop {
    let mut block = Vec::with_capacity(1 << 20);
    // One byte makes the block a real one; filling it all would spend the fuel before the memory.
    block.push(1_u8);
    std::mem::forget(std::hint::black_box(block));
});
