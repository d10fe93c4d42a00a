package wire

import (
	"fmt"
	"net/http"
	"strings"
)

// Error is an answer that refuses a call. Code is the part clients may rely on.
type Error struct {
	Code    string
	Message string
	Status  int // HTTP status
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// NewError is a client error, which AWS answers with HTTP 400.
func NewError(code, message string) *Error {
	return &Error{Code: code, Message: message, Status: http.StatusBadRequest}
}

// Forbidden is a client error with HTTP 403, which STS uses where other services say 400.
func Forbidden(code, message string) *Error {
	return &Error{Code: code, Message: message, Status: http.StatusForbidden}
}

// Internal is what a defect of the endpoint itself is reported as.
func Internal(err error) *Error {
	return &Error{Code: "InternalServiceError", Message: err.Error(), Status: http.StatusInternalServerError}
}

// Constraint is the error of a parameter that breaks its declared bounds. member is spelt as AWS spells it ("secretIdList"), rule
// is the rest of the sentence ("Member must have length less than or equal to 20").
func Constraint(value, member, rule string) *Error {
	return NewError("ValidationException", fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s",
		value, member, rule))
}

// Denied is the refusal of an action. resource may be empty for actions that have none; because is the end of the sentence that says
// why. STS spells the code differently, does not say why, and answers 403.
func Denied(userARN, action, resource, because string) *Error {
	var message strings.Builder
	fmt.Fprintf(&message, "User: %s is not authorized to perform: %s", userARN, action)
	if resource != "" {
		fmt.Fprintf(&message, " on resource: %s", resource)
	}
	if strings.HasPrefix(action, STS+":") {
		return Forbidden("AccessDenied", message.String())
	}
	message.WriteString(" " + because)
	return NewError("AccessDeniedException", message.String())
}
