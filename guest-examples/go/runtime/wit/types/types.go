// Package types holds WIT's own types as the generated bindings name them: option, result, tuple and unit.
package types

// Unit stands where WIT has no type, as in result<_, string>.
type Unit struct{}

// The two tags of an Option.
const (
	OptionNone uint8 = iota
	OptionSome
)

// Option is WIT's option<T>; its zero value is none.
type Option[T any] struct {
	value T
	tag   uint8
}

// None is the option without a value.
func None[T any]() Option[T] { return Option[T]{} }

// Some is the option that holds value.
func Some[T any](value T) Option[T] { return Option[T]{value, OptionSome} }

// Tag tells which of the two it is.
func (o Option[T]) Tag() uint8 { return o.tag }

// Some is the value; it panics where there is none.
func (o Option[T]) Some() T {
	if o.tag != OptionSome {
		panic("this option is none")
	}
	return o.value
}

// Get is the value, or T's zero value, and whether there is one.
func (o Option[T]) Get() (T, bool) { return o.value, o.tag == OptionSome }

// The two tags of a Result.
const (
	ResultOk uint8 = iota
	ResultErr
)

// Result is WIT's result<T, E>; its zero value is a success.
type Result[T, E any] struct {
	ok  T
	err E
	tag uint8
}

// Ok is a success.
func Ok[T, E any](value T) Result[T, E] { return Result[T, E]{ok: value} }

// Err is a failure.
func Err[T, E any](value E) Result[T, E] { return Result[T, E]{err: value, tag: ResultErr} }

// Tag tells which of the two it is.
func (r Result[T, E]) Tag() uint8 { return r.tag }

// IsErr tells whether it is a failure.
func (r Result[T, E]) IsErr() bool { return r.tag == ResultErr }

// Ok is the success; it panics on a failure.
func (r Result[T, E]) Ok() T {
	if r.tag != ResultOk {
		panic("this result is a failure")
	}
	return r.ok
}

// Err is the failure; it panics on a success.
func (r Result[T, E]) Err() E {
	if r.tag != ResultErr {
		panic("this result is a success")
	}
	return r.err
}

// Tuple1 is a tuple of one value, and so on.
type Tuple1[A any] struct{ F0 A }

// Tuple2 is a tuple of two values.
type Tuple2[A, B any] struct {
	F0 A
	F1 B
}

// Tuple3 is a tuple of three values.
type Tuple3[A, B, C any] struct {
	F0 A
	F1 B
	F2 C
}

// Tuple4 is a tuple of four values.
type Tuple4[A, B, C, D any] struct {
	F0 A
	F1 B
	F2 C
	F3 D
}
