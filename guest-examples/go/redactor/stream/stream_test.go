package stream

import (
	"strings"
	"testing"
)

func inPieces(t *testing.T, text string, cut func(rest int) int) string {
	t.Helper()
	stream, out := New("hush"), []byte{}
	for text != "" {
		size := min(max(cut(len(text)), 1), len(text))
		out = append(out, stream.Push([]byte(text[:size]))...)
		if len(stream.held) >= 40 {
			t.Fatalf("%d bytes are held back, more than the longest pattern", len(stream.held))
		}
		text = text[size:]
	}
	return string(append(out, stream.Finish()...))
}

func TestTheResultIsTheSameHoweverTheTextIsCut(t *testing.T) {
	token := strings.Repeat("a1B2", 9)
	text := "AKIAAKIA0123456789ABCDEFGH ghp_" + token + " ghp_" + token + "tail ghp_short hushush AKIA0123 " +
		"Authorization: Bearer abc.def~/+= Bearer  Bearer hush,Bearer AKIA0123456789ABCDEF; Bearer " +
		strings.Repeat("x", 300) + " end AKIA0123456789ABCDE"
	expected := "[redacted]CDEFGH [redacted] [redacted]tail ghp_short [redacted]ush AKIA0123 Authorization: " +
		"[redacted] Bearer  [redacted],[redacted]; [redacted] end AKIA0123456789ABCDE"
	for size := 1; size <= len(text); size++ {
		if out := inPieces(t, text, func(int) int { return size }); out != expected {
			t.Fatalf("in pieces of %d: %s", size, out)
		}
		if out := inPieces(t, text, func(rest int) int { return rest * size % 61 }); out != expected {
			t.Fatalf("in mixed pieces, %d: %s", size, out)
		}
	}
}

func TestWhatIsLeftUnfinishedComesOutAtTheEnd(t *testing.T) {
	for _, text := range []string{"AKIA", "ghp_abc", "Bearer ", "hus", ""} {
		if out := inPieces(t, text, func(int) int { return 1 }); out != text {
			t.Fatalf("%q became %q", text, out)
		}
	}
}
