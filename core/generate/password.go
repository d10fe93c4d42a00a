package generate

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

const (
	defaultLength = 24
	lower         = "abcdefghijklmnopqrstuvwxyz"
	upper         = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits        = "0123456789"
	symbols       = "~!@#$%^&*()_+`-={}|[]\\:\"<>?,./"
	// longest is how many characters all passwords of a spec may have together: as many as a Secret holds bytes.
	longest = 1 << 20
)

// passwords makes a password for each key.
func passwords(spec *generators.PasswordSpec) (map[string]secret.Value, error) {
	recipe, err := recipeOf(spec)
	if err != nil {
		return nil, err
	}
	encode, err := encoderOf(spec.Encoding)
	if err != nil {
		return nil, err
	}
	keys := spec.SecretKeys
	if len(keys) == 0 {
		keys = []string{keyPassword}
	}
	if recipe.length() > longest/len(keys) {
		return nil, fmt.Errorf("spec.length: %d passwords of %d characters are more than the %d bytes that a Secret holds", len(keys), recipe.length(), longest)
	}
	made := make(map[string]secret.Value, len(keys))
	for i, key := range keys {
		if _, twice := made[key]; twice || key == "" {
			return nil, fmt.Errorf("spec.secretKeys[%d] is %q: each key has a name, and one of its own", i, key)
		}
		password, err := recipe.password()
		if err != nil {
			return nil, err
		}
		made[key] = secret.FromString(encode([]byte(password)))
	}
	return made, nil
}

// portion is a number of characters from an alphabet.
type portion struct {
	field, name string
	count       int
	alphabet    []rune
}

// recipe is what a password is made of.
type recipe struct {
	portions []portion
	repeat   bool
}

// recipeOf checks that there can be such a password. Without repeats no character is in two alphabets, so that it never depends on
// chance whether there is one.
func recipeOf(spec *generators.PasswordSpec) (recipe, error) {
	length := spec.Length
	if length == 0 {
		length = defaultLength
	}
	alphabet := symbols
	if spec.SymbolCharacters != nil && *spec.SymbolCharacters != "" {
		alphabet = *spec.SymbolCharacters
	}
	symbolic := portion{field: "spec.symbols", name: "symbols", count: orQuarter(spec.Symbols, length), alphabet: []rune(alphabet)}
	numeric := portion{field: "spec.digits", name: "digits", count: orQuarter(spec.Digits, length), alphabet: []rune(digits)}
	letters := portion{field: "spec.length", name: "letters", alphabet: []rune(lower + upper)}
	if spec.NoUpper {
		letters.alphabet = []rune(lower)
	}
	switch {
	case length < 0 || length > longest:
		return recipe{}, fmt.Errorf("spec.length is %d: it can be 1 to %d", length, longest)
	case symbolic.count < 0 || symbolic.count > length:
		return recipe{}, fmt.Errorf("spec.symbols is %d: it can be 0 to spec.length, %d", symbolic.count, length)
	case numeric.count < 0 || numeric.count > length-symbolic.count:
		return recipe{}, fmt.Errorf("spec.digits is %d: with %d symbols it can be 0 to %d", numeric.count, symbolic.count, length-symbolic.count)
	case strings.ContainsRune(alphabet, '\uFFFD'):
		return recipe{}, errors.New("spec.symbolCharacters is not valid UTF-8")
	}
	letters.count = length - numeric.count - symbolic.count
	made := recipe{portions: []portion{symbolic, numeric, letters}, repeat: spec.AllowRepeat}
	if made.repeat {
		return made, nil
	}
	taken := map[rune]bool{}
	for i := range made.portions {
		p := &made.portions[i]
		if p.count == 0 {
			continue
		}
		p.alphabet = slices.DeleteFunc(p.alphabet, func(r rune) bool {
			before := taken[r]
			taken[r] = true
			return before
		})
		if p.count > len(p.alphabet) {
			return recipe{}, fmt.Errorf("%s: the password would have %d %s, and there are %d: ask for fewer, or set spec.allowRepeat", p.field, p.count, p.name, len(p.alphabet))
		}
	}
	return made, nil
}

// orQuarter is a number that defaults to a quarter of the length.
func orQuarter(count *int, length int) int {
	if count == nil {
		return length / 4
	}
	return *count
}

func (r recipe) length() int {
	n := 0
	for _, p := range r.portions {
		n += p.count
	}
	return n
}

// password makes one: the characters of each portion, in an order in which every other is as likely.
func (r recipe) password() (string, error) {
	chosen := make([]rune, 0, r.length())
	for _, p := range r.portions {
		left := slices.Clone(p.alphabet)
		for range p.count {
			i, err := below(len(left))
			if err != nil {
				return "", err
			}
			chosen = append(chosen, left[i])
			if !r.repeat {
				left[i] = left[len(left)-1]
				left = left[:len(left)-1]
			}
		}
	}
	for i := len(chosen) - 1; i > 0; i-- {
		j, err := below(i + 1)
		if err != nil {
			return "", err
		}
		chosen[i], chosen[j] = chosen[j], chosen[i]
	}
	return string(chosen), nil
}

// below is a random number from 0 to n-1, each as likely as any other.
func below(n int) (int, error) {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0, fmt.Errorf("get a random number: %w", err)
	}
	return int(i.Int64()), nil
}

// encoderOf is how passwords are encoded.
func encoderOf(encoding string) (func([]byte) string, error) {
	switch encoding {
	case "", "raw":
		return func(b []byte) string { return string(b) }, nil
	case "base64":
		return base64.StdEncoding.EncodeToString, nil
	case "base64url":
		return base64.URLEncoding.EncodeToString, nil
	case "base32":
		return base32.StdEncoding.EncodeToString, nil
	case "hex":
		return hex.EncodeToString, nil
	default:
		return nil, fmt.Errorf("spec.encoding %q is none of raw, base64, base64url, base32 and hex", encoding)
	}
}
