package runtime

import (
	"math/bits"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"unsafe"
	"weak"
)

// watched tells whether memory is still there after a collection, without keeping it there.
type watched []weak.Pointer[uint64]

func watch(memory ...unsafe.Pointer) (all watched) {
	for _, memory := range memory {
		all = append(all, weak.Make((*uint64)(memory)))
	}
	return all
}

func (w watched) alive() (count int) {
	runtime.GC()
	for _, memory := range w {
		if memory.Value() != nil {
			count++
		}
	}
	return count
}

func expect(t *testing.T, what string, found, wanted int) {
	t.Helper()
	if found != wanted {
		t.Fatalf("%s: %d, not %d", what, found, wanted)
	}
}

func fresh(size uintptr) unsafe.Pointer { return reallocate(nil, 0, size) }

func TestArgumentsLastUntilTheyAreGoValues(t *testing.T) {
	memory := watch(fresh(10), fresh(3000), fresh(0x10000), fresh(0x10000), fresh(1<<20))
	expect(t, "before the callback", memory.alive(), 5)
	Unpin()
	// The first large one lies in the buffer.
	expect(t, "in the callback", memory.alive(), 1)
}

func TestResultsLastUntilTheirImportIsOver(t *testing.T) {
	first, second := &Pinner{}, &Pinner{}
	Allocate(first, 8, 4)
	memory := watch(fresh(10), fresh(0x4000))
	Allocate(second, 200, 8)
	memory = append(memory, watch(fresh(100))...)
	second.Unpin()
	expect(t, "while another import is under way", memory.alive(), 3)
	first.Unpin()
	expect(t, "after both", memory.alive(), 0)
	expect(t, "imports under way", imports, 0)
	first.Unpin()
	expect(t, "imports under way after another Unpin", imports, 0)
}

func TestTheBufferIsForLargeArgumentsOnly(t *testing.T) {
	Unpin()
	one := fresh(5000)
	Unpin()
	pinner := &Pinner{}
	Allocate(pinner, 8, 4)
	if fresh(5000) == one {
		t.Fatal("a result was put on the callback's argument")
	}
	pinner.Unpin()
	two := fresh(16 << 10)
	if two != one {
		t.Fatal("the buffer was not used again")
	}
	if fresh(5000) == two {
		t.Fatal("two arguments of one callback share the buffer")
	}
	Unpin()
}

func TestAPinnerKeepsWhatItIsGiven(t *testing.T) {
	for _, pinner := range []*Pinner{{}, func() *Pinner { p := ExportPinner(); return &p }()} {
		for range 2 {
			var memory watched
			for range 10 {
				pinned := block(64)
				pinner.Pin(pinned)
				memory = append(memory, watch(pinned)...)
			}
			expect(t, "pinned", memory.alive(), 10)
			pinner.Unpin()
			expect(t, "let go", memory.alive(), 0)
		}
		runtime.KeepAlive(pinner)
	}
}

func TestAreasAreZeroedAndApart(t *testing.T) {
	pinner := ExportPinner()
	for range 2 {
		var areas [][]byte
		for _, size := range []uintptr{60, 0, 1, 8, 100, 9} {
			area := unsafe.Slice((*byte)(Allocate(&pinner, size, 8)), size)
			if slices.ContainsFunc(area, func(b byte) bool { return b != 0 }) {
				t.Fatal("an area is not zeroed")
			}
			areas = append(areas, area)
		}
		for at, area := range areas {
			for place := range area {
				area[place] = byte(at + 1)
			}
		}
		for at, area := range areas {
			if slices.ContainsFunc(area, func(b byte) bool { return b != byte(at+1) }) {
				t.Fatal("two areas overlap")
			}
		}
		expect(t, "an export is no import", imports, 0)
		pinner.Unpin()
	}
}

func TestGrowingCopies(t *testing.T) {
	old := fresh(8)
	copy(unsafe.Slice((*byte)(old), 8), "contents")
	grown := reallocate(old, 8, 5000)
	if text := unsafe.String((*byte)(grown), 8); text != "contents" {
		t.Fatalf("it became %q", text)
	}
	if fresh(0) == nil {
		t.Fatal("nothing is somewhere too")
	}
	Unpin()
}

func TestProducts(t *testing.T) {
	numbers := []uint64{0, 1, 2, 1<<32 - 1, 1 << 32, 1<<63 + 1, 1<<64 - 1}
	for range 1000 {
		numbers = append(numbers, rand.Uint64()>>rand.UintN(64))
	}
	for _, a := range numbers {
		for _, b := range numbers {
			var product [2]uint64
			multiply(&product, a, 3, b, 5)
			high, low := bits.Mul64(a, b)
			if product != [2]uint64{low, high + a*5 + b*3} {
				t.Fatalf("%d times %d is not %v", a, b, product)
			}
		}
	}
}

// An import's pinner may lie on a goroutine's stack, which moves; the memory that the host is told of must not be in it.
func TestAnImportsAreaIsOutsideItsPinner(t *testing.T) {
	for _, size := range []uintptr{1, 16, unsafe.Sizeof(Pinner{}.area), 1 << 10} {
		pinner := &Pinner{}
		area := uintptr(Allocate(pinner, size, 8))
		begin := uintptr(unsafe.Pointer(pinner))
		if area >= begin && area < begin+unsafe.Sizeof(*pinner) {
			t.Errorf("%d bytes lie in the pinner", size)
		}
		pinner.Unpin()
	}
}

func TestACallbacksAreaIsLargeEnough(t *testing.T) {
	pinner := ExportPinner()
	room := unsafe.Sizeof(pinner.area)
	begin := uintptr(unsafe.Pointer(&pinner.area))
	if uintptr(Allocate(&pinner, room, 8)) != begin {
		t.Error("what fits is not in the area")
	}
	if area := uintptr(Allocate(&pinner, 8, 8)); area >= begin && area < begin+room {
		t.Error("the area was given away twice")
	}
	pinner.Unpin()
	if area := uintptr(Allocate(&pinner, room+1, 8)); area >= begin && area < begin+room {
		t.Error("what does not fit is in the area")
	}
}
