// Package plugin blots out secrets in a stream of text: keys of AWS, GitHub tokens, bearer tokens, and the caller's own
// `--set word=SECRET`. What is found does not depend on how the text is cut into chunks.
package plugin

import (
	"bytes"

	request "example/guests/redactor/bindings/imports/transferhost_callbacks_request"
	write "example/guests/redactor/bindings/imports/transferhost_callbacks_write"
	store "example/guests/redactor/bindings/imports/wasi_config_store"
	"example/guests/redactor/stream"
	"go.bytecodealliance.org/pkg/wit/types"
)

var text *stream.Stream

// begin makes the stream when it is first needed, with the caller's own secret, where there is one.
func begin() (wrong string) {
	if text != nil {
		return ""
	}
	given := store.Get("word")
	if given.IsErr() {
		return "--set word cannot be read"
	}
	word, there := given.Ok().Get()
	if there && word == "" {
		return "pass --set word=SECRET with at least one character, or leave it out"
	}
	text = stream.New(word)
	return ""
}

func OnStart(request *request.Request) types.Result[types.Unit, string] {
	defer request.Drop()
	if wrong := begin(); wrong != "" {
		return types.Err[types.Unit](wrong)
	}
	return types.Ok[types.Unit, string](types.Unit{})
}

func OnWrite(chunk []byte) types.Result[write.Action, string] {
	if wrong := begin(); wrong != "" {
		return types.Err[write.Action](wrong)
	}
	action := write.MakeActionDeliver()
	if clean := text.Push(chunk); !bytes.Equal(clean, chunk) {
		action = write.MakeActionReplace(clean)
	}
	return types.Ok[write.Action, string](action)
}

func OnWriteEnd() types.Result[[]byte, string] {
	if wrong := begin(); wrong != "" {
		return types.Err[[]byte](wrong)
	}
	return types.Ok[[]byte, string](text.Finish())
}
