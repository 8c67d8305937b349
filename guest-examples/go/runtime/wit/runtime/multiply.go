package runtime

// multiply is what LLVM calls for a product of 128 bits, which math/bits.Mul64 is made of, and with it much of crypto,
// hash and strconv. It belongs to compiler-rt, which this target goes without. It works by halves of 64 bits, since a
// whole product would be a call of itself.
//
//export __multi3
func multiply(product *[2]uint64, lowA, highA, lowB, highB uint64) {
	a0, a1 := lowA&0xffffffff, lowA>>32
	b0, b1 := lowB&0xffffffff, lowB>>32
	low := a0 * b0
	middle := a1*b0 + low>>32
	carry := middle&0xffffffff + a0*b1
	product[0] = carry<<32 | low&0xffffffff
	product[1] = a1*b1 + middle>>32 + carry>>32 + lowA*highB + highA*lowB
}
