package shape

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Decode undoes a value's encoding. The error does not quote the value.
func Decode(strategy api.DecodingStrategy, value secret.Value) (secret.Value, error) {
	switch strategy {
	case "", api.DecodingStrategyNone:
		return value, nil
	case api.DecodingStrategyBase64:
		return decodeWith(base64.StdEncoding, strategy, value)
	case api.DecodingStrategyBase64URL:
		return decodeWith(base64.URLEncoding, strategy, value)
	case api.DecodingStrategyAuto:
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			if decoded, err := decodeWith(encoding, strategy, value); err == nil {
				return decoded, nil
			}
		}
		return value, nil
	default:
		return secret.Value{}, fmt.Errorf("decodingStrategy %q is none of None, Base64, Base64URL and Auto", strategy)
	}
}

func decodeWith(encoding *base64.Encoding, strategy api.DecodingStrategy, value secret.Value) (secret.Value, error) {
	decoded, err := encoding.DecodeString(string(value.Reveal()))
	if err != nil {
		return secret.Value{}, fmt.Errorf("the value can't be decoded under decodingStrategy %s: %w", strategy, err)
	}
	return secret.New(decoded), nil
}

// checkNullBytes applies a nullBytePolicy.
func checkNullBytes(policy api.NullBytePolicy, value secret.Value) error {
	if policy == api.NullBytePolicyFail && bytes.IndexByte(value.Reveal(), 0) >= 0 {
		return errors.New("the value contains null bytes, and nullBytePolicy is Fail")
	}
	return nil
}
