package exit

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/tools/clientcmd"
)

// Message is what is printed of err, in kubectl's words and without a line end; empty where nothing is left to say.
func Message(err error) string {
	var silent *Error
	if err == nil || errors.As(err, &silent) && silent.Err == nil {
		return ""
	}
	return printers.EscapeTerminal(message(err))
}

func message(err error) string {
	var status apierrors.APIStatus
	var request *url.Error
	switch {
	case errors.As(err, &status):
		return fromServer(status.Status().Reason, status.Status().Message, err)
	case clientcmd.IsConfigurationInvalid(err):
		return "Error in configuration: " + err.Error()
	case errors.As(err, &request):
		return unreachable(request)
	default:
		return "error: " + strings.TrimPrefix(err.Error(), "error: ")
	}
}

func fromServer(reason metav1.StatusReason, message string, err error) string {
	switch reason {
	case metav1.StatusReasonUnauthorized:
		return fmt.Sprintf("error: You must be logged in to the server (%s)", message)
	case "":
		return fmt.Sprintf("Error from server: %v", err)
	default:
		said := fmt.Sprintf("Error from server (%s): %v", reason, err)
		if strings.Contains(message, "field label not supported") {
			said += ": --help names those that are; CRDs of others may know only metadata.name and metadata.namespace"
		}
		return said
	}
}

func unreachable(request *url.Error) string {
	if !strings.Contains(request.Err.Error(), "connection refused") {
		return fmt.Sprintf("Unable to connect to the server: %v", request.Err)
	}
	host := request.URL
	if parsed, err := url.Parse(request.URL); err == nil {
		host = parsed.Host
	}
	return fmt.Sprintf("The connection to the server %s was refused - did you specify the right host or port?", host)
}
