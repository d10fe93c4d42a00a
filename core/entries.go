package core

import (
	"errors"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// entryError says which entry of an ExternalSecret a provider's error is about.
type entryError struct {
	read resolve.Read
	key  string // of the remote secret; empty where the search itself failed
	err  error
}

func (e *entryError) Error() string {
	cause := e.err.Error()
	var open *resolve.OpenError
	if errors.As(e.err, &open) {
		cause = fmt.Sprintf("open %s: %v", e.read.Store, open.Cause)
	}
	if e.key == "" {
		return fmt.Sprintf("%s.find: %s", e.read.Path, cause)
	}
	return fmt.Sprintf("%s (remote key %q): %s", e.read.Path, e.key, cause)
}

func (e *entryError) Unwrap() error { return e.err }

// ofEntry says which entry err is about, and that it was read in vain: by a caller whom the provider does not know, or otherwise.
func ofEntry(read resolve.Read, key string, err error) error {
	step := trace.Read
	if provider.KindOf(err) == provider.Unauthenticated {
		step = trace.Identity
	}
	return trace.At(step, &entryError{read: read, key: key, err: err})
}

// errNoMatch is the failure of a search under deletionPolicy Retain: a Secret must not be thought synced that has nothing of
// what was asked for.
var errNoMatch = errors.New("no remote secret matches: check name, path and tags, and what the store's identity may list")

// entries turns the answers into what can be shaped. absent is an error for each entry that the provider has nothing for, where the
// deletion policy lives with that; otherwise absence is an error, as any other refusal is.
func (t *task) entries() (entries []shape.Entry, absent []error, err error) {
	retains := t.ES.Spec.Target.Retains()
	for _, read := range t.reads {
		entry := shape.Entry{Path: read.Path, SecretKey: read.SecretKey, Remote: read.Remote, Find: read.Find, Rewrite: read.Rewrite}
		if read.Ref.Property != "" { // which the provider has looked up
			remote := *read.Remote
			remote.Property = ""
			entry.Remote = &remote
		}
		switch {
		case read.Generator != nil: // generate makes it once all others are there
		case read.Find != nil:
			var gone []error
			entry.Found, gone, err = t.searched(read)
			absent = append(absent, gone...)
		default:
			answer := t.answers[fetch.Key{Identity: read.Identity, Ref: read.Ref}]
			entry.Payload, entry.Parts = answer.Value, answer.Parts
			if answer.Err != nil {
				err = ofEntry(read, read.Ref.Key, answer.Err)
			}
		}
		switch {
		case err == nil:
			entries = append(entries, entry)
		case !retains && (provider.KindOf(err) == provider.NotFound || errors.Is(err, errNoMatch)):
			absent = append(absent, err)
			err = nil
		default:
			return nil, nil, err
		}
	}
	return entries, absent, nil
}

// searched are the values of what a search has found, by the names of the remote secrets. One that can't be read fails them
// all: a key that is missing without a word would be worse. gone is an error for each that was deleted since, where the deletion
// policy lives with that.
func (t *task) searched(read resolve.Read) (values map[string]secret.Value, gone []error, err error) {
	result := t.found[read.Path]
	if result.Err != nil {
		return nil, nil, ofEntry(read, "", result.Err)
	}
	values = make(map[string]secret.Value, len(result.Found))
	for _, found := range result.Found {
		answer := t.answers[fetch.Key{Identity: read.Identity, Ref: found.Ref}]
		if answer.Err == nil {
			values[found.Key] = answer.Value
			continue
		}
		failure := ofEntry(read, found.Key, answer.Err)
		if provider.KindOf(answer.Err) != provider.NotFound || t.ES.Spec.Target.Retains() {
			return nil, nil, failure
		}
		gone = append(gone, failure)
	}
	if len(values) == 0 {
		return nil, gone, ofEntry(read, "", errNoMatch)
	}
	return values, gone, nil
}
