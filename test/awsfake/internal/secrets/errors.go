package secrets

import "github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"

const (
	codeMissing = "ResourceNotFoundException"

	textMissing = "Secrets Manager can't find the specified secret."
	textDeleted = "You can't perform this operation on the secret because it was marked for deletion."
	textNoKMS   = "Access to KMS is not allowed"

	textNoDecryption = "Secrets Manager can't decrypt the protected secret text using the provided KMS key."
)

func notFound(message string) error { return wire.NewError(codeMissing, message) }

func invalidRequest(message string) error { return wire.NewError("InvalidRequestException", message) }

func invalidParameter(message string) error {
	return wire.NewError("InvalidParameterException", message)
}

func exists(message string) error { return wire.NewError("ResourceExistsException", message) }
