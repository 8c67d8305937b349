package runtime

// Pinner keeps memory alive that the host knows only as a number: what an import is given, and what a callback
// returns. Neither collector moves what is on the heap, so holding a pointer is enough. It has the methods of Go's
// runtime.Pinner; generated bindings use this one in its place.
type Pinner struct {
	// Most calls need no more than these.
	few       [3]any
	more      []any
	count     int
	area      [8]uint64
	areaTaken bool
	importing bool
	export    bool
}

// ExportPinner is one for what a callback returns. It may live for good and does not stand for an import.
func ExportPinner() Pinner { return Pinner{export: true} }

// Pin keeps what pointer points to until Unpin.
func (p *Pinner) Pin(pointer any) {
	if p.count < len(p.few) {
		p.few[p.count] = pointer
	} else {
		p.more = append(p.more, pointer)
	}
	p.count++
}

// Unpin lets go of all of it. For an import this is the end: its result has become Go values.
func (p *Pinner) Unpin() {
	if p.importing {
		p.importing = false
		imports--
		if imports == 0 {
			clear(results)
			results = results[:0]
		}
	}
	p.few = [3]any{}
	clear(p.more)
	p.more = p.more[:0]
	p.count = 0
	if p.areaTaken {
		p.area = [8]uint64{}
		p.areaTaken = false
	}
}

// Cleanup is what AddCleanup returns.
type Cleanup struct{}

// AddCleanup does nothing, unlike Go's. The bindings would have the collector drop handles that the guest owns, yet
// the collector may run when the guest must not call the host; dropping a handle is for its Drop.
func AddCleanup[T, S any](*T, func(S), S) Cleanup { return Cleanup{} }

// Handle is a resource's handle, given away at most once. Zero is no handle.
type Handle struct{ value int32 }

// MakeHandle wraps what the host passed.
func MakeHandle(value int32) *Handle {
	if value == 0 {
		panic("not a handle")
	}
	return &Handle{value}
}

// Use is the handle, which stays where it is.
func (h *Handle) Use() int32 {
	if h.value == 0 {
		panic("this handle was given away or dropped")
	}
	return h.value
}

// Take gives the handle away.
func (h *Handle) Take() int32 {
	value := h.Use()
	h.value = 0
	return value
}

// TakeOrNil gives the handle away, or 0 where it is gone.
func (h *Handle) TakeOrNil() int32 {
	value := h.value
	h.value = 0
	return value
}

// Set puts a handle where none is.
func (h *Handle) Set(value int32) {
	if value == 0 || h.value != 0 {
		panic("a handle is there already, or none was given")
	}
	h.value = value
}
