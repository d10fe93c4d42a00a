package generate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Bits of an RSA key: fewer are refused by crypto/rsa, and more take minutes.
const (
	defaultRSA  = 2048
	smallestRSA = 1024
	largestRSA  = 8192
)

// keyPair makes a private key in the format of OpenSSH and its public key as a line of authorized_keys.
func keyPair(spec *generators.SSHKeySpec) (map[string]secret.Value, error) {
	if !printable(spec.Comment) {
		return nil, errors.New("spec.comment has characters that can't be printed: it must fit into a line")
	}
	key, err := newKey(spec)
	if err != nil {
		return nil, err
	}
	private, err := ssh.MarshalPrivateKey(key, spec.Comment)
	if err != nil {
		return nil, fmt.Errorf("encode the private key: %w", err)
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("encode the public key: %w", err)
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public)))
	if spec.Comment != "" {
		line += " " + spec.Comment
	}
	return map[string]secret.Value{
		keyPrivate: secret.New(pem.EncodeToMemory(private)),
		keyPublic:  secret.FromString(line + "\n"),
	}, nil
}

// newKey makes the key that spec asks for.
func newKey(spec *generators.SSHKeySpec) (crypto.Signer, error) {
	size := 0
	if spec.KeySize != nil {
		size = *spec.KeySize
	}
	switch spec.KeyType {
	case "", "rsa":
		if spec.KeySize == nil {
			size = defaultRSA
		}
		if size < smallestRSA || size > largestRSA {
			return nil, fmt.Errorf("spec.keySize is %d: an RSA key can have %d to %d bits", size, smallestRSA, largestRSA)
		}
		return rsa.GenerateKey(rand.Reader, size)
	case "ecdsa":
		curves := map[int]elliptic.Curve{0: elliptic.P256(), 256: elliptic.P256(), 384: elliptic.P384(), 521: elliptic.P521()}
		curve, ok := curves[size]
		if !ok {
			return nil, fmt.Errorf("spec.keySize is %d: an ECDSA key has 256, 384 or 521 bits", size)
		}
		return ecdsa.GenerateKey(curve, rand.Reader)
	case "ed25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		return nil, fmt.Errorf("spec.keyType %q is none of rsa, ecdsa and ed25519", spec.KeyType)
	}
}
