package shape

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// longestKey is the limit of the API server for a key of a Secret, in bytes.
const longestKey = 253

// validKey is the API server's rule for a key of a Secret.
var validKey = regexp.MustCompile(`^[-._a-zA-Z0-9]+$`)

// ConvertKeys replaces the runes of each key that are neither letters, digits nor one of "-._": by an underscore, or by
// their code point under ConversionStrategyUnicode. Two keys that become equal are an error.
func ConvertKeys(strategy api.ConversionStrategy, values map[string]secret.Value) (map[string]secret.Value, error) {
	converted := make(map[string]secret.Value, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		name := convert(strategy, key)
		if _, taken := converted[name]; taken {
			return nil, fmt.Errorf("two keys become %q under the conversion strategy: use rewrite or name them in data", name)
		}
		converted[name] = values[key]
	}
	return converted, nil
}

func convert(strategy api.ConversionStrategy, key string) string {
	var name strings.Builder
	for _, r := range key {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), r == '-', r == '.', r == '_':
			name.WriteRune(r)
		case strategy == api.ConversionStrategyUnicode:
			fmt.Fprintf(&name, "_U%04x_", r)
		default:
			name.WriteRune('_')
		}
	}
	return name.String()
}

// ValidateKeys refuses keys that ESO refuses and drops an empty one, as it does. final tells that they become those of a Secret:
// then it refuses what the API server would refuse, too.
func ValidateKeys(values map[string]secret.Value, final bool) error {
	delete(values, "")
	for _, key := range slices.Sorted(maps.Keys(values)) {
		switch {
		case !final && len(key) <= longestKey && convert("", key) == key:
		case len(key) > longestKey:
			return fmt.Errorf("invalid secret key %.40q...: it has %d bytes, and a Secret's key at most %d", key, len(key), longestKey)
		case !validKey.MatchString(key):
			return fmt.Errorf("invalid secret key %q: a Secret's key has letters, digits, '-', '_' and '.' only", key)
		case key == "." || strings.HasPrefix(key, ".."):
			return fmt.Errorf("invalid secret key %q: a Secret's key is not '.' and does not begin with '..'", key)
		}
	}
	return nil
}
