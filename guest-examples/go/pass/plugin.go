// Package plugin lets every chunk through. Whatever it costs is the price of asking a guest at all, so it is the one to
// measure with.
package plugin

import (
	write "example/guests/pass/bindings/imports/transferhost_callbacks_write"
	"go.bytecodealliance.org/pkg/wit/types"
)

func OnWrite(_ []byte) types.Result[write.Action, string] {
	return types.Ok[write.Action, string](write.MakeActionDeliver())
}
