package main

import (
	"fmt"
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

const ownDomain = "secretmanager.googleapis.com"

// detailed is an error with the detail by which Google tells its reason.
func detailed(code codes.Code, message, reason, domain string, about map[string]string) error {
	s, err := status.New(code, message).WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: domain, Metadata: about})
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return s.Err()
}

func unauthenticated() error {
	return detailed(codes.Unauthenticated, "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "+
		"authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
		"ACCESS_TOKEN_TYPE_UNSUPPORTED", "googleapis.com", map[string]string{"service": ownDomain})
}

func denied(permission, resource, domain string) error {
	on := "resource"
	if resource != "" {
		on = fmt.Sprintf("resource '%s'", resource)
	}
	return detailed(codes.PermissionDenied, fmt.Sprintf("Permission '%s' denied for %s (or it may not exist).", permission, on), "IAM_PERMISSION_DENIED", domain,
		map[string]string{"permission": permission, "resource": resource})
}

func quota(project string) error {
	return detailed(codes.ResourceExhausted, "Quota exceeded for quota metric 'Access requests' and limit 'Access requests per minute' of service "+
		"'secretmanager.googleapis.com' for consumer 'project_number:"+numberOf(project)+"'.", "RATE_LIMIT_EXCEEDED", "googleapis.com",
		map[string]string{"consumer": "projects/" + numberOf(project), "service": ownDomain, "quota_limit": "AccessRequestsPerMinutePerProject"})
}

// httpStatus is that of a code, as google/rpc/code.proto has it.
var httpStatus = map[codes.Code]int{
	codes.InvalidArgument: http.StatusBadRequest, codes.FailedPrecondition: http.StatusBadRequest, codes.OutOfRange: http.StatusBadRequest,
	codes.Unauthenticated: http.StatusUnauthorized, codes.PermissionDenied: http.StatusForbidden, codes.NotFound: http.StatusNotFound,
	codes.AlreadyExists: http.StatusConflict, codes.Aborted: http.StatusConflict, codes.ResourceExhausted: http.StatusTooManyRequests,
	codes.Unimplemented: http.StatusNotImplemented, codes.Unavailable: http.StatusServiceUnavailable, codes.DeadlineExceeded: http.StatusGatewayTimeout,
}

// names are those of the codes in the JSON of an error.
var names = map[codes.Code]string{
	codes.InvalidArgument: "INVALID_ARGUMENT", codes.FailedPrecondition: "FAILED_PRECONDITION", codes.OutOfRange: "OUT_OF_RANGE",
	codes.Unauthenticated: "UNAUTHENTICATED", codes.PermissionDenied: "PERMISSION_DENIED", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
	codes.Aborted: "ABORTED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.Unimplemented: "UNIMPLEMENTED", codes.Unavailable: "UNAVAILABLE",
	codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.Internal: "INTERNAL", codes.Unknown: "UNKNOWN",
}

// restError answers with an error in the JSON that Google has for it.
func restError(w http.ResponseWriter, err error) {
	s := status.Convert(err)
	code, ok := httpStatus[s.Code()]
	if !ok {
		code = http.StatusInternalServerError
	}
	var details []any
	for _, detail := range s.Proto().Details {
		if text, err := protojson.Marshal(detail); err == nil {
			details = append(details, rawJSON(text))
		}
	}
	answer(w, code, map[string]any{"error": map[string]any{"code": code, "message": s.Message(), "status": names[s.Code()], "details": details}})
}

type rawJSON []byte

func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }
