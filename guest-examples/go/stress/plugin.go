// Package plugin is no plugin to use but a trial of the memory that passes between guest and host: imports are called
// while a result is being built, the collector runs in between, and everything is looked at again afterwards.
//
// The body's byte number n must be Byte(n); it comes out as Byte(n) ^ 0x5a. The caller passes --set long=0123456789012…
// of any length. Whatever is not as it was ends the transfer with a sentence that says what.
package plugin

import (
	"runtime"
	"strings"

	header "example/guests/stress/bindings/imports/transferhost_callbacks_header"
	net "example/guests/stress/bindings/imports/transferhost_callbacks_net"
	request "example/guests/stress/bindings/imports/transferhost_callbacks_request"
	transfer "example/guests/stress/bindings/imports/transferhost_callbacks_transfer"
	address "example/guests/stress/bindings/imports/transferhost_callbacks_types"
	write "example/guests/stress/bindings/imports/transferhost_callbacks_write"
	store "example/guests/stress/bindings/imports/wasi_config_store"
	"go.bytecodealliance.org/pkg/wit/types"
)

var (
	offset uint32
	seed   uint32 = 1
	url    string
	// Strings that imports returned, some of them in calls that are long over, and header lines likewise.
	kept  [16]string
	lines [4][]byte
	// Rubbish to collect.
	rubbish [8][]byte
)

// Byte is the body's byte at this place.
func Byte(place uint32) byte {
	mixed := place * 2654435761
	return byte(mixed ^ mixed>>8 ^ mixed>>16)
}

func below(limit uint32) uint32 {
	seed ^= seed << 13
	seed ^= seed >> 17
	seed ^= seed << 5
	return seed % limit
}

// disturb allocates, and now and then collects.
func disturb() {
	dirty := make([]byte, 1+below(3000))
	for at := range dirty {
		dirty[at] = 0xee
	}
	rubbish[below(uint32(len(rubbish)))] = dirty
	if below(64) == 0 {
		runtime.GC()
	}
}

func digits(text string) bool {
	for at := range len(text) {
		if text[at] != '0'+byte(at%10) {
			return false
		}
	}
	return text != ""
}

func keep(text string) { kept[below(uint32(len(kept)))] = text }

// ask calls one of the imports and looks at the answer; it returns what was wrong with it.
func ask() string {
	disturb()
	switch below(6) {
	case 0:
		text := transfer.Url()
		if text != url {
			return "the URL is " + text
		}
	case 1:
		given := store.Get("long")
		disturb()
		if given.IsErr() || !digits(given.Ok().Some()) {
			return "the setting is not as it was given"
		}
		keep(given.Ok().Some())
	case 2:
		all := store.GetAll()
		disturb()
		if all.IsErr() || len(all.Ok()) != 1 || all.Ok()[0].F0 != "long" || !digits(all.Ok()[0].F1) {
			return "the settings are not as they were given"
		}
		keep(all.Ok()[0].F1)
	case 3:
		last := byte(below(256))
		inet := address.Inet{Ip: []byte{192, 0, 2, last}, Port: 80}
		at := address.MakeAddressInet(inet)
		text := net.ToText(at)
		if !strings.HasPrefix(text, "192.0.2.") || !strings.HasSuffix(text, ":80") || inet.Ip[3] != last {
			return "the address became " + text
		}
		// Addresses of documentation; the machine may have taken one for its own.
		if net.Classify(at) == net.Class_Public {
			return text + " is public"
		}
	case 4:
		// Before the transfer there is none.
		if info := transfer.Getinfo("url_effective"); !info.IsErr() && info.Ok().Text() != url {
			return "the effective URL is " + info.Ok().Text()
		}
	case 5:
		if info := transfer.Getinfo("no such name"); !info.IsErr() {
			return "there is a value without a name"
		}
	}
	if text := kept[below(uint32(len(kept)))]; text != "" && !digits(text) {
		return "a string from an earlier call has changed"
	}
	for _, line := range lines {
		if len(line) > 0 && line[len(line)-1] != '\n' {
			return "a copied header line has changed"
		}
	}
	return ""
}

func same(chunk []byte) bool {
	for at, b := range chunk {
		if b != Byte(offset+uint32(at)) {
			return false
		}
	}
	return true
}

func OnStart(request *request.Request) types.Result[types.Unit, string] {
	defer request.Drop()
	url = strings.Clone(transfer.Url())
	for range 100 {
		if request.Url() != url || request.Method() != "GET" {
			return types.Err[types.Unit]("the request is another")
		}
		for _, header := range request.Headers() {
			if !strings.HasPrefix(header.F0, "X-") || !digits(header.F1) {
				return types.Err[types.Unit]("the header " + header.F0 + " is not as it was given")
			}
		}
		if wrong := ask(); wrong != "" {
			return types.Err[types.Unit](wrong)
		}
	}
	return types.Ok[types.Unit, string](types.Unit{})
}

func OnHeader(line []byte) types.Result[header.Action, string] {
	lines[below(uint32(len(lines)))] = append([]byte(nil), line...)
	if wrong := ask(); wrong != "" {
		return types.Err[header.Action](wrong)
	}
	if line[len(line)-1] != '\n' {
		return types.Err[header.Action]("the line changed while imports ran")
	}
	return types.Ok[header.Action, string](header.MakeActionReplace(append([]byte(nil), line...)))
}

func OnXferinfo(_, _, _, _ uint64) types.Result[types.Unit, string] {
	if wrong := ask(); wrong != "" {
		return types.Err[types.Unit](wrong)
	}
	return types.Ok[types.Unit, string](types.Unit{})
}

func OnWrite(chunk []byte) types.Result[write.Action, string] {
	if !same(chunk) {
		return types.Err[write.Action]("the chunk is not as it was sent")
	}
	// Grown piece by piece, so that it moves while imports run.
	var out []byte
	for len(out) < len(chunk) {
		piece := min(1+int(below(12000)), len(chunk)-len(out))
		for _, b := range chunk[len(out) : len(out)+piece] {
			out = append(out, b^0x5a)
		}
		if wrong := ask(); wrong != "" {
			return types.Err[write.Action](wrong)
		}
	}
	if !same(chunk) {
		return types.Err[write.Action]("the chunk changed while imports ran")
	}
	offset += uint32(len(chunk))
	return types.Ok[write.Action, string](write.MakeActionReplace(out))
}

func OnWriteEnd() types.Result[[]byte, string] {
	if wrong := ask(); wrong != "" {
		return types.Err[[]byte](wrong)
	}
	return types.Ok[[]byte, string](nil)
}
