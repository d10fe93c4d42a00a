package engine

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
)

// encodings decode text. Each fails where Sprig would give the error's text, which would become the value of a key.
func encodings() map[string]any {
	decoder := func(decode func(string) ([]byte, error), failed problem) func(string) (string, error) {
		return func(text string) (string, error) {
			decoded, err := decode(text)
			if err != nil {
				return "", failed
			}
			return string(decoded), nil
		}
	}
	return map[string]any{
		"b64dec": decoder(base64.StdEncoding.DecodeString, "the text is not base64 (the standard alphabet, padded)"),
		"b32dec": decoder(base32.StdEncoding.DecodeString, "the text is not base32 (padded)"),
		"hexdec": decoder(hex.DecodeString, "the text is not hexadecimal"),
	}
}
