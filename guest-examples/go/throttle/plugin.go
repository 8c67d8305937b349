// Package plugin keeps the download at or below a rate: `--set rate=BYTES_PER_SECOND`, with `k` or `m` after it for
// 1024 or 1048576 times as much.
package plugin

import (
	"math"
	"strconv"
	"strings"

	request "example/guests/throttle/bindings/imports/transferhost_callbacks_request"
	write "example/guests/throttle/bindings/imports/transferhost_callbacks_write"
	clock "example/guests/throttle/bindings/imports/wasi_clocks_monotonic_clock"
	store "example/guests/throttle/bindings/imports/wasi_config_store"
	"go.bytecodealliance.org/pkg/wit/types"
)

const (
	millisecond = 1_000_000
	second      = 1000 * millisecond
	// After a stall this much is made up for at full speed, and no more.
	credit = second
)

var (
	started bool
	// When the bytes taken so far are paid for and the next ones may pass. Go's own clock stands still in a plugin, so
	// WASI's is asked, in nanoseconds.
	due uint64
)

// rate is in bytes a second, at least 1.
func rate() (rate uint64, wrong string) {
	given := store.Get("rate")
	if given.IsErr() {
		return 0, "--set rate cannot be read"
	}
	text, _ := given.Ok().Get()
	unit := uint64(1)
	switch {
	case strings.HasSuffix(text, "k"), strings.HasSuffix(text, "K"):
		text, unit = text[:len(text)-1], 1<<10
	case strings.HasSuffix(text, "m"), strings.HasSuffix(text, "M"):
		text, unit = text[:len(text)-1], 1<<20
	}
	number, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 32)
	if err != nil || number == 0 || number*unit > math.MaxUint32 {
		return 0, "pass --set rate=BYTES_PER_SECOND, such as 500, 64k or 2m"
	}
	return number * unit, ""
}

func OnStart(request *request.Request) types.Result[types.Unit, string] {
	defer request.Drop()
	if _, wrong := rate(); wrong != "" {
		return types.Err[types.Unit](wrong)
	}
	return types.Ok[types.Unit, string](types.Unit{})
}

func OnWrite(chunk []byte) types.Result[write.Action, string] {
	now := clock.Now()
	if !started {
		started, due = true, now
	}
	if due > now {
		// The same bytes come again after the pause, so they are not counted here. Rounded up: a pause that ends too
		// early would only be followed by another.
		wait := min((due-now+millisecond-1)/millisecond, math.MaxUint32)
		return types.Ok[write.Action, string](write.MakeActionPause(uint32(wait)))
	}
	rate, wrong := rate()
	if wrong != "" {
		return types.Err[write.Action](wrong)
	}
	due = max(due, now-min(now, credit)) + uint64(len(chunk))*second/rate
	return types.Ok[write.Action, string](write.MakeActionDeliver())
}
