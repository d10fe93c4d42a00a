package diff

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
)

const (
	keyBytes = 32
	// fingerprintBytes are few, so that they are read at a glance, and enough to tell the values of one output apart.
	fingerprintBytes = 4
)

// masker writes values so that they can be compared, and read only if they are to be shown.
type masker struct {
	show bool
	key  []byte
}

// newMasker makes one with a key that nobody else has and that goes with it: without the key a fingerprint tells neither what a
// value is nor whether it is that of another invocation.
func newMasker(show bool) *masker {
	m := &masker{show: show, key: make([]byte, keyBytes)}
	_, _ = rand.Read(m.key) // it never fails
	return m
}

// text is what stands for a value: the value itself, if values are shown and it is text.
func (m *masker) text(v secret.Value) string {
	value := v.Reveal()
	switch {
	case !m.show:
		mac := hmac.New(sha256.New, m.key)
		mac.Write(value)
		return fmt.Sprintf("<%s, %s>", results.Count(len(value), "byte"), hex.EncodeToString(mac.Sum(nil)[:fingerprintBytes]))
	case printable(value):
		return string(value)
	default:
		return "<base64: " + base64.StdEncoding.EncodeToString(value) + ">"
	}
}

// printable tells whether a value is text that a terminal shows as it is.
func printable(value []byte) bool {
	if !utf8.Valid(value) {
		return false
	}
	for _, r := range string(value) {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			return false
		}
	}
	return true
}
