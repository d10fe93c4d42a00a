package azurekv

import "strings"

// What a remote key begins with tells what kind of object it names; a secret where it has no such part.
const (
	prefixSecret      = "secret/"
	prefixKey         = "key/"
	prefixCertificate = "cert/"
)

// isName tells whether a text has letters, digits and the signs of more, and no more of them than the name of an object.
func isName(text, more string) bool {
	if text == "" || len(text) > 127 {
		return false
	}
	for _, r := range text {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune(more, r) {
			return false
		}
	}
	return true
}

// isObject tells whether a text can be the name of an object.
func isObject(text string) bool { return isName(text, "-") }

// isVersion tells whether a text can be the name of a version.
func isVersion(text string) bool { return isName(text, "") }

// isTenant tells whether a text can be a tenant's id or one of its domains: it becomes part of a URL.
func isTenant(text string) bool { return isName(text, "-.") && !strings.HasPrefix(text, ".") }

// nameOf is the one name of an object that a remote key means. What has two kinds is none.
func nameOf(key string) string {
	if name, ok := strings.CutPrefix(key, prefixSecret); ok && !strings.Contains(name, "/") {
		return name
	}
	return key
}

// kindOfName cuts a name into the operation that reads it and the name in the key vault.
func kindOfName(name string) (op, object string, err error) {
	op, object = opGetSecret, name
	if rest, ok := strings.CutPrefix(name, prefixKey); ok {
		op, object = opGetKey, rest
	} else if rest, ok := strings.CutPrefix(name, prefixCertificate); ok {
		op, object = opGetCertificate, rest
	}
	if !isObject(object) {
		return "", "", invalid("remoteRef.key %q names no object of a key vault: names have up to 127 letters, digits and hyphens, with secret/, key/ or cert/ before them", name)
	}
	return op, object, nil
}
