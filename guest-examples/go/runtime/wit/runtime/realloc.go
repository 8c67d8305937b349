//go:build wasm || tinygo.wasm

package runtime

import "unsafe"

// The alignment is not looked at: every block is aligned for any type that WIT has.
//
//go:wasmexport cabi_realloc
func cabiRealloc(old unsafe.Pointer, oldSize, _, size uintptr) unsafe.Pointer {
	return reallocate(old, oldSize, size)
}
