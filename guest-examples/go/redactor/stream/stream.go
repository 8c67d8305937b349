// Package stream is the redactor's matcher: leftmost match first, and of several at one place the first pattern in the
// list.
package stream

// What stands in the place of a secret.
const blot = "[redacted]"

// A set of bytes.
type class *[256]bool

// pattern is a prefix, then count bytes of a class, then, where open, every further byte of the class.
type pattern struct {
	prefix string
	class  class
	count  int
	open   bool
}

type found int

const (
	nothing found = iota
	// The text ends before the pattern does.
	unfinished
	secret
)

// at looks for the pattern at the beginning of text. A secret is as long as length says.
func (p *pattern) at(text []byte) found {
	for place := range p.length() {
		switch {
		case place == len(text):
			return unfinished
		case place < len(p.prefix):
			if text[place] != p.prefix[place] {
				return nothing
			}
		case !p.class[text[place]]:
			return nothing
		}
	}
	return secret
}

func (p *pattern) length() int { return len(p.prefix) + p.count }

// Stream is a text that comes in pieces. At most one pattern's length of it is ever held back.
type Stream struct {
	patterns []pattern
	// Whether a pattern begins with this byte. Most bytes begin none, and fuel is paid for each.
	begins [256]bool
	held   []byte
	out    []byte
	// The open end of a secret that was blotted out already.
	swallow class
}

func set(text string) class {
	set := new([256]bool)
	for at := range len(text) {
		set[text[at]] = true
	}
	return set
}

const (
	digits  = "0123456789"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters = upper + "abcdefghijklmnopqrstuvwxyz"
)

// New has the built-in patterns and, before them, a word of the caller's own, unless that is empty.
func New(word string) *Stream {
	stream := &Stream{}
	if word != "" {
		stream.patterns = append(stream.patterns, pattern{prefix: word})
	}
	stream.patterns = append(stream.patterns,
		pattern{"AKIA", set(digits + upper), 16, false},
		pattern{"ghp_", set(digits + letters), 36, false},
		pattern{"Bearer ", set(digits + letters + "-._~+/="), 1, true},
	)
	for _, pattern := range stream.patterns {
		stream.begins[pattern.prefix[0]] = true
	}
	return stream
}

// Push returns what may go out now that these bytes have come; it is valid until the next call.
func (s *Stream) Push(chunk []byte) []byte {
	s.held = append(s.held, chunk...)
	return s.drain(false)
}

// Finish returns what was held back, the text being over.
func (s *Stream) Finish() []byte { return s.drain(true) }

func (s *Stream) drain(over bool) []byte {
	s.out = s.out[:0]
	rest := s.held
	for len(rest) > 0 {
		if s.swallow != nil {
			rest = rest[span(rest, s.swallow, true):]
			if len(rest) > 0 {
				s.swallow = nil
			}
			continue
		}
		if plain := span(rest, &s.begins, false); plain > 0 {
			s.out = append(s.out, rest[:plain]...)
			rest = rest[plain:]
			continue
		}
		length, wait := s.match(rest, over)
		if wait {
			break
		}
		if length == 0 {
			s.out = append(s.out, rest[0])
			length = 1
		}
		rest = rest[length:]
	}
	s.held = s.held[:copy(s.held, rest)]
	return s.out
}

// match blots out the secret that rest begins with and returns its length, 0 if there is none. It may have to wait for
// more: a later pattern may match here already, but only the longer text tells whether an earlier one does.
func (s *Stream) match(rest []byte, over bool) (length int, wait bool) {
	for at := range s.patterns {
		pattern := &s.patterns[at]
		switch pattern.at(rest) {
		case unfinished:
			if !over {
				return 0, true
			}
		case secret:
			s.out = append(s.out, blot...)
			if pattern.open {
				s.swallow = pattern.class
			}
			return pattern.length(), false
		}
	}
	return 0, false
}

// span counts the bytes at the beginning that are in the set, or that are not.
func span(text []byte, set class, in bool) int {
	for at, b := range text {
		if set[b] != in {
			return at
		}
	}
	return len(text)
}
