package engine

import (
	"maps"
	"reflect"
	"slices"

	"github.com/Masterminds/sprig/v3"
)

// functions are what templates can call: Sprig's without those that reach beyond the template, and our own. Where both have a
// name, ours replaces Sprig's: it bounds what can be made, fails where Sprig writes its error into the Secret, or gives the
// same result each time. A builtin of text/template that needs no replacement is nil.
func functions(b *budget) map[string]any {
	all := sprig.TxtFuncMap()
	for _, reaching := range []string{"env", "expandenv", "getHostByName"} {
		delete(all, reaching)
	}
	for _, ours := range []map[string]any{
		{"fail": func(message string) (string, error) { return "", problem(message) }, "htpasswd": htpasswd},
		builtins(),
		patterns(b),
		encodings(),
		ordered(),
		pemFunctions(),
		pkcs12Functions(b),
		jwkFunctions(),
		yamlFunctions(),
		rsaFunctions(),
	} {
		maps.Copy(all, ours)
	}
	return all
}

// cost is what a call of a function takes from the budget, given its arguments and their size in bytes.
func cost(name string, args []reflect.Value, size int) int {
	steps := 1 + size/bytesInStep
	switch name {
	case "uniq", "mustUniq", "without", "mustWithout": // compare each item with each
		items := size / itemWeight
		steps += items * items / 100
	case "filterCertChain", "certSANs":
		steps += size / 16
	case "toYaml", "fromYaml":
		steps += size / 4
	case "bcrypt", "htpasswd":
		steps += maxSteps / 100
	case "derivePassword":
		steps += maxSteps / 40
	case "genPrivateKey":
		if kind := args[0].String(); kind == "ecdsa" || kind == "ed25519" {
			return steps + 5_000
		}
		steps += maxSteps / 10
	case "genCA", "genSelfSignedCert", "genSignedCert":
		steps += maxSteps / 40
	case "genCAWithKey", "genSelfSignedCertWithKey", "genSignedCertWithKey", "buildCustomCert", "rsaDecrypt",
		"jwkPrivateKeyPem", "jwkPublicKeyPem",
		"pemToPkcs12", "pemToPkcs12Pass", "fullPemToPkcs12", "fullPemToPkcs12Pass", "pemTruststoreToPKCS12", "pemTruststoreToPKCS12Pass":
		steps += 5_000
	}
	return steps
}

// ordered are the functions that go over a dict, which Sprig does in an order that differs each time.
func ordered() map[string]any {
	return map[string]any{
		"keys": func(dicts ...map[string]any) []string {
			names := []string{}
			for _, dict := range dicts {
				names = append(names, slices.Sorted(maps.Keys(dict))...)
			}
			return names
		},
		"values": func(dict map[string]any) []any {
			values := []any{}
			for _, key := range slices.Sorted(maps.Keys(dict)) {
				values = append(values, dict[key])
			}
			return values
		},
	}
}
