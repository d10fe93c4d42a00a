// Package secret holds the type in which secret bytes travel through the pipeline, and the masking of text that may contain
// them. Nothing here reads or writes secrets anywhere: it only keeps them from being printed by accident.
package secret

import (
	"fmt"
	"log/slog"
)

// Redacted is what a Value shows of itself to every formatter, encoder and logger.
const Redacted = "[redacted]"

// Value is secret bytes that can't be printed, logged or encoded by accident: only Reveal gives them out.
// The zero Value is an empty secret.
type Value struct {
	bytes []byte
}

// New wraps b, which the caller must not change afterwards.
func New(b []byte) Value { return Value{bytes: b} }

// FromString wraps a copy of s.
func FromString(s string) Value { return Value{bytes: []byte(s)} }

// Reveal returns the bytes themselves. Each call is a place where secrecy can be lost: keep them few.
func (v Value) Reveal() []byte { return v.bytes }

// Len is the length in bytes, which may be shown.
func (v Value) Len() int { return len(v.bytes) }

// String returns Redacted.
func (v Value) String() string { return Redacted }

// GoString returns Redacted, so that %#v does not show the bytes.
func (v Value) GoString() string { return Redacted }

// Format writes Redacted for every verb, %x and %d included.
func (v Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Redacted)) }

// LogValue implements slog.LogValuer with Redacted.
func (v Value) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalJSON encodes Redacted.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalText encodes Redacted, for YAML and for map keys.
func (v Value) MarshalText() ([]byte, error) { return []byte(Redacted), nil }
