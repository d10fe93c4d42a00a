package shape

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Property looks a property up in a JSON payload. A property with dots is first taken as one key with dots in its name and
// only then as a path, as ESO does. Strings lose their quotes, null is empty, objects and arrays stay the text that is stored.
// Whole numbers keep their digits, whatever their size; fractions and exponents are written out as ESO writes them: 1.50 is 1.5.
func Property(payload secret.Value, property string) (secret.Value, error) {
	if err := affordable(payload.Reveal(), property); err != nil {
		return secret.Value{}, err
	}
	if !gjson.ValidBytes(payload.Reveal()) {
		return secret.Value{}, fmt.Errorf("property %q can't be read: the remote secret is not JSON; drop the property, or store a JSON object", property)
	}
	if strings.Contains(property, ".") {
		literal := gjson.GetBytes(payload.Reveal(), strings.ReplaceAll(property, ".", `\.`))
		if literal.Exists() {
			return secret.FromString(literal.String()), nil
		}
	}
	found := gjson.GetBytes(payload.Reveal(), property)
	if !found.Exists() {
		return secret.Value{}, fmt.Errorf("property %q does not exist in the remote secret", property)
	}
	return secret.FromString(found.String()), nil
}

// PropertyOfParts looks a property up in the parts of a remote secret: the part of that name, byte for byte, or else, in the
// part that the text before the first dot names, the Property that the rest of it names.
func PropertyOfParts(parts map[string]secret.Value, property string) (secret.Value, error) {
	if part, ok := parts[property]; ok {
		return part, nil
	}
	name, rest, _ := strings.Cut(property, ".")
	part, ok := parts[name]
	if !ok || rest == "" {
		return secret.Value{}, fmt.Errorf("property %q does not exist in the remote secret; it has: %s", property, strings.Join(slices.Sorted(maps.Keys(parts)), ", "))
	}
	value, err := Property(part, rest)
	if err != nil {
		return secret.Value{}, fmt.Errorf("in %q: %w", name, err)
	}
	return value, nil
}

// Extract splits a JSON object into its top-level keys. Strings lose their quotes, null is empty, and everything else stays
// the JSON text that is stored.
func Extract(payload secret.Value) (map[string]secret.Value, error) {
	root := gjson.ParseBytes(payload.Reveal())
	if !gjson.ValidBytes(payload.Reveal()) || !root.IsObject() {
		return nil, fmt.Errorf("the keys can't be extracted: the remote secret is not a JSON object")
	}
	keys := map[string]secret.Value{}
	root.ForEach(func(key, value gjson.Result) bool {
		text := value.Raw
		switch value.Type {
		case gjson.String:
			text = value.String()
		case gjson.Null:
			text = ""
		}
		keys[key.String()] = secret.FromString(text)
		return true
	})
	return keys, nil
}
