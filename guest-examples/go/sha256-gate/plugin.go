// Package plugin fails the transfer whose body is not the one expected: `--set sha256=HEX`.
//
// The body is delivered as it comes and judged when it is whole, so what was written must not be used unless the
// transfer ended well.
package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	request "example/guests/sha256-gate/bindings/imports/transferhost_callbacks_request"
	write "example/guests/sha256-gate/bindings/imports/transferhost_callbacks_write"
	store "example/guests/sha256-gate/bindings/imports/wasi_config_store"
	"go.bytecodealliance.org/pkg/wit/types"
)

var body = sha256.New()

// expected is the digest that the caller expects, in lower case, or what is wrong with it.
func expected() (digest, wrong string) {
	given := store.Get("sha256")
	if given.IsErr() {
		return "", "--set sha256 cannot be read"
	}
	text, _ := given.Ok().Get()
	if _, err := hex.DecodeString(text); err != nil || len(text) != 2*sha256.Size {
		return "", "pass the body's digest as --set sha256=HEX, 64 hexadecimal digits"
	}
	return strings.ToLower(text), ""
}

// A digest that is missing or malformed is found before anything is dialled.
func OnStart(request *request.Request) types.Result[types.Unit, string] {
	defer request.Drop()
	if _, wrong := expected(); wrong != "" {
		return types.Err[types.Unit](wrong)
	}
	return types.Ok[types.Unit, string](types.Unit{})
}

func OnWrite(chunk []byte) types.Result[write.Action, string] {
	body.Write(chunk)
	return types.Ok[write.Action, string](write.MakeActionDeliver())
}

func OnWriteEnd() types.Result[[]byte, string] {
	expected, wrong := expected()
	if wrong != "" {
		return types.Err[[]byte](wrong)
	}
	if actual := hex.EncodeToString(body.Sum(nil)); actual != expected {
		return types.Err[[]byte]("the body's SHA-256 is " + actual + ", not " + expected)
	}
	return types.Ok[[]byte, string](nil)
}
