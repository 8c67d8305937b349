// Package runtime carries values between the guest's memory and the host for generated bindings, with Go and TinyGo
// alike. The bindings as they are generated keep memory alive by Go's runtime.Pinner, which TinyGo has not; here is one
// for both.
//
// The host asks for memory in two cases, and no collector may take that memory back before the bindings have made Go
// values of it:
//
//   - for the arguments of a callback, before the callback begins;
//   - for the result of an import, while that import runs. It may run the collector several times over.
//
// From then on the Go values keep their memory alive, with one exception that makes large chunks cheap: an argument of
// 1 KiB or more lies in a buffer that the next call uses again. Such a slice is valid until its callback returns, as
// with io.Writer; whoever needs it longer copies it.
package runtime

import "unsafe"

const (
	// Arguments of at least so many bytes share a buffer; smaller ones are cheap to collect.
	reuseFrom = 1 << 10
	// The buffer's size is a multiple of this, the most that libcurl hands over at once.
	bufferStep = 16 << 10
	// Larger arguments are left to the collector, so that one of them does not occupy memory for good.
	reuseUpTo = 256 << 10
)

var (
	// Memory for a callback's arguments that has not become Go values yet.
	arguments []unsafe.Pointer
	// Likewise for the results of imports.
	results []unsafe.Pointer
	// How many imports that return through memory are under way: more than one only with goroutines.
	imports int

	buffer      []uint64
	bufferTaken bool

	// What an empty list points to. Go's collector takes a small number for a corrupt pointer.
	empty uint64
)

// block is zeroed memory, aligned for every type that WIT has, and free of pointers: the collector does not scan it.
func block(size uintptr) unsafe.Pointer {
	// Bindings read a byte as the lowest of a word, hence a word more.
	return unsafe.Pointer(unsafe.SliceData(make([]uint64, size/8+2)))
}

// reallocate is what the host calls, by the name cabi_realloc.
func reallocate(old unsafe.Pointer, oldSize, size uintptr) unsafe.Pointer {
	if size == 0 {
		return unsafe.Pointer(&empty)
	}
	var memory unsafe.Pointer
	switch {
	case imports > 0:
		memory = block(size)
		results = append(results, memory)
	case reuseFrom <= size && size <= reuseUpTo && !bufferTaken:
		if uintptr(len(buffer))*8 < size {
			buffer = make([]uint64, (size+bufferStep-1)/bufferStep*bufferStep/8)
		}
		bufferTaken = true
		memory = unsafe.Pointer(unsafe.SliceData(buffer))
	default:
		memory = block(size)
		arguments = append(arguments, memory)
	}
	if old != nil && oldSize > 0 {
		copy(unsafe.Slice((*byte)(memory), size), unsafe.Slice((*byte)(old), oldSize))
	}
	return memory
}

// Unpin is called when a callback's arguments have become Go values. The callback before has returned long since, so
// its buffer is free once the next one's arguments come.
func Unpin() {
	clear(arguments)
	arguments = arguments[:0]
	bufferTaken = false
}

// Allocate returns zeroed memory that lasts until the pinner lets go of it. An import's pinner marks by this that
// memory asked for from now on is for the import's result.
func Allocate(pinner *Pinner, size, _ uintptr) unsafe.Pointer {
	if !pinner.export && !pinner.importing {
		pinner.importing = true
		imports++
	}
	// A callback's pinner lives for good. An import's may lie on a goroutine's stack, which Go moves when it grows, as it
	// may while the host asks for memory: the host knows the old address only.
	if pinner.export && !pinner.areaTaken && size <= unsafe.Sizeof(pinner.area) {
		pinner.areaTaken = true
		return unsafe.Pointer(&pinner.area)
	}
	memory := block(size)
	pinner.Pin(memory)
	return memory
}
