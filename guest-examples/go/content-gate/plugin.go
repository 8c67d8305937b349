// Package plugin lets through bodies of the named content types and of bounded size: `--set type=text/html,text/plain`
// and `--set max-bytes=N`, N counted after decoding, so that a compressed bomb is measured by what it becomes. One of
// the two is enough.
package plugin

import (
	"strconv"
	"strings"

	request "example/guests/content-gate/bindings/imports/transferhost_callbacks_request"
	transfer "example/guests/content-gate/bindings/imports/transferhost_callbacks_transfer"
	write "example/guests/content-gate/bindings/imports/transferhost_callbacks_write"
	store "example/guests/content-gate/bindings/imports/wasi_config_store"
	"go.bytecodealliance.org/pkg/wit/types"
)

var seen uint64

// setting also tells whether there is one, and what went wrong.
func setting(key string) (text string, there bool, wrong string) {
	given := store.Get(key)
	if given.IsErr() {
		return "", false, "--set " + key + " cannot be read"
	}
	text, there = given.Ok().Get()
	return text, there, ""
}

func maxBytes() (most uint64, there bool, wrong string) {
	text, there, wrong := setting("max-bytes")
	if !there {
		return 0, false, wrong
	}
	most, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
	if err != nil {
		return 0, true, "pass --set max-bytes=N, a number of bytes, not " + strconv.Quote(text)
	}
	return most, true, ""
}

// checkType refuses a body whose type is not on the caller's list; parameters such as `charset` do not count.
func checkType() (wrong string) {
	allowed, there, wrong := setting("type")
	if !there {
		return wrong
	}
	info := transfer.Getinfo("content_type")
	if info.IsErr() || info.Ok().Tag() != transfer.Info_Text {
		return "the response has no content type; " + allowed + " would do"
	}
	actual := info.Ok().Text()
	essence, _, _ := strings.Cut(actual, ";")
	for name := range strings.SplitSeq(allowed, ",") {
		if strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(essence)) {
			return ""
		}
	}
	return "the content type is " + actual + "; " + allowed + " would do"
}

func OnStart(request *request.Request) types.Result[types.Unit, string] {
	defer request.Drop()
	_, typed, wrong := setting("type")
	if wrong == "" {
		var bounded bool
		_, bounded, wrong = maxBytes()
		if !typed && !bounded && wrong == "" {
			wrong = "pass --set type=TYPE[,TYPE], --set max-bytes=N, or both"
		}
	}
	if wrong != "" {
		return types.Err[types.Unit](wrong)
	}
	return types.Ok[types.Unit, string](types.Unit{})
}

func OnWrite(chunk []byte) types.Result[write.Action, string] {
	if seen == 0 {
		if wrong := checkType(); wrong != "" {
			return types.Err[write.Action](wrong)
		}
	}
	seen += uint64(len(chunk))
	most, bounded, wrong := maxBytes()
	if bounded && wrong == "" && seen > most {
		wrong = "the body is larger than " + strconv.FormatUint(most, 10) + " bytes"
	}
	if wrong != "" {
		return types.Err[write.Action](wrong)
	}
	return types.Ok[write.Action, string](write.MakeActionDeliver())
}
