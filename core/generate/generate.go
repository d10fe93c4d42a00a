// Package generate makes values up, as a generator asks for: passwords, UUIDs, key pairs. All chance in it comes from crypto/rand. It
// reads and writes nothing, and remembers nothing: each call makes values of its own.
package generate

import (
	"errors"
	"fmt"
	"unicode"

	"github.com/google/uuid"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// The keys of what is made.
const (
	keyPassword = "password"
	keyUUID     = "uuid"
	keyPrivate  = "privateKey"
	keyPublic   = "publicKey"
)

// Values makes what a generator asks for, by key; never nil without an error. An error names the field of the generator's spec.
func Values(spec *generators.Spec) (map[string]secret.Value, error) {
	switch {
	case spec.Password != nil:
		return passwords(spec.Password)
	case spec.SSHKey != nil:
		return keyPair(spec.SSHKey)
	case spec.UUID != nil:
		id, err := uuid.NewRandom()
		if err != nil {
			return nil, fmt.Errorf("make a UUID: %w", err)
		}
		return map[string]secret.Value{keyUUID: secret.FromString(id.String())}, nil
	case spec.Fake != nil:
		values := make(map[string]secret.Value, len(spec.Fake.Data))
		for key, text := range spec.Fake.Data {
			values[key] = secret.FromString(text)
		}
		return values, nil
	default:
		return nil, errors.New("the generator's spec is missing")
	}
}

// printable tells whether a text has nothing in it that would break a line.
func printable(text string) bool {
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
