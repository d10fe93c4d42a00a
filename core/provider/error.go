package provider

import "errors"

// Kind sorts a provider's errors by what can be done about them.
type Kind string

// The kinds of error.
const (
	// NotFound: the remote secret or its version does not exist, or is being deleted.
	NotFound Kind = "NotFound"
	// Denied: the caller is known and may not.
	Denied Kind = "Denied"
	// Unauthenticated: the caller could not be established: wrong, missing or expired credentials.
	Unauthenticated Kind = "Unauthenticated"
	// Throttled: too many requests, after all retries.
	Throttled Kind = "Throttled"
	// Unavailable: no answer, or an answer that is the provider's own fault.
	Unavailable Kind = "Unavailable"
	// Invalid: the store's spec or the remote ref can't be right.
	Invalid Kind = "Invalid"
	// Unsupported: the provider does not know the operation.
	Unsupported Kind = "Unsupported"
	// Unknown: none of the others could be told from the answer.
	Unknown Kind = "Unknown"
)

// Error is a provider's refusal. Its text names the operation and the provider's own code and message, without parts that
// change from request to request, so that the same failure reads the same twice.
type Error struct {
	Kind Kind
	// Op is the provider's operation, such as "GetSecretValue".
	Op string
	// Code is the provider's error code, such as "AccessDeniedException"; it may be empty.
	Code string
	// Message is the provider's text: untrusted, to be masked before it is shown.
	Message string
	// Hint tells what to do about it; it may be empty.
	Hint string
	// Cause is the error of the client library; it may be nil.
	Cause error
}

func (e *Error) Error() string {
	text := e.Op
	for _, part := range []string{e.Code, e.Message} {
		if part == "" {
			continue
		}
		if text != "" {
			text += ": "
		}
		text += part
	}
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Cause }

// KindOf tells the kind of err: that of the *Error in its chain, or Unknown.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unknown
}
