package parameters

import (
	"regexp"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

var (
	parameterName = regexp.MustCompile(`^(/[a-zA-Z0-9_.-]+){1,15}$|^[a-zA-Z0-9_.-]+$`)
	parameterPath = regexp.MustCompile(`^/[a-zA-Z0-9_./-]*$`)
	parameterID   = regexp.MustCompile(`^[a-zA-Z0-9_./:-]+$`)
	label         = regexp.MustCompile(`^[a-zA-Z_.-][a-zA-Z0-9_.-]{0,99}$`)
)

// checkName refuses what can't be the name of a new parameter.
func checkName(name string) error {
	if !parameterName.MatchString(name) || isReserved(name) {
		return wire.NewError("ValidationException", "Parameter name must be a fully qualified name. It can consist of letters, numbers and "+
			"the symbols .-_ with slashes before and between its parts, and must not begin with \"aws\" or \"ssm\".")
	}
	return nil
}

func isReserved(name string) bool {
	lower := strings.ToLower(strings.TrimPrefix(name, "/"))
	return strings.HasPrefix(lower, "aws") || strings.HasPrefix(lower, "ssm")
}

// checkID refuses what can't be the name, with or without a version or label, or the ARN of any parameter.
func checkID(id string) error {
	if !parameterID.MatchString(id) {
		return wire.NewError("ValidationException", "Parameter name: can't hold other characters than letters, numbers and .-_/")
	}
	return nil
}

func checkPath(path string) error {
	if !parameterPath.MatchString(path) {
		return wire.NewError("ValidationException", "The parameter doesn't meet the parameter name requirements. "+
			"The parameter name must begin with a forward slash \"/\".")
	}
	return nil
}
