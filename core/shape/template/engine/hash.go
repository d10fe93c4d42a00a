package engine

import (
	"crypto/sha1" //nolint:gosec // the {SHA} scheme of htpasswd files is SHA-1, by its definition
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// htpasswd makes a line of a htpasswd file of a user, a password and, as External Secrets Operator has it but not Sprig, an
// algorithm: "sha", or anything else for bcrypt.
func htpasswd(user, password string, algorithm ...string) (string, error) {
	switch {
	case strings.Contains(user, ":"):
		return "", problem("the user has a colon, which ends the user in a htpasswd file")
	case len(algorithm) > 1:
		return "", problem("it takes a user, a password and at most one algorithm")
	case len(algorithm) == 1 && algorithm[0] == "sha":
		sum := sha1.Sum([]byte(password)) //nolint:gosec // as above
		return user + ":{SHA}" + base64.StdEncoding.EncodeToString(sum[:]), nil
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return "", problem("a password for bcrypt has at most 72 bytes")
	}
	return user + ":" + string(hash), nil
}
