module example/guests

go 1.25

require go.bytecodealliance.org/pkg v0.4.0

// The name that generated bindings import; what stands behind it is ours.
replace go.bytecodealliance.org/pkg => ./runtime
