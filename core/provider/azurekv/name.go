package azurekv

import (
	"regexp"
	"strings"
)

// What a remote key begins with tells what kind of object it names; a secret where it has no such part.
const (
	prefixSecret      = "secret/"
	prefixKey         = "key/"
	prefixCertificate = "cert/"
)

var (
	// objectName is the name of an object of a key vault, by its rules.
	objectName = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)
	// objectVersion is the name of a version, which key vaults make up.
	objectVersion = regexp.MustCompile(`^[0-9A-Za-z]{1,64}$`)
)

// nameOf is the one name of an object that a remote key means.
func nameOf(key string) string { return strings.TrimPrefix(key, prefixSecret) }

// kindOfName cuts a name into the operation that reads it and the name in the key vault.
func kindOfName(name string) (op, object string, err error) {
	op, object = opGetSecret, name
	if rest, ok := strings.CutPrefix(name, prefixKey); ok {
		op, object = opGetKey, rest
	} else if rest, ok := strings.CutPrefix(name, prefixCertificate); ok {
		op, object = opGetCertificate, rest
	}
	if !objectName.MatchString(object) {
		return "", "", invalid("remoteRef.key %q names no object of a key vault: names have up to 127 letters, digits and hyphens, with secret/, key/ or cert/ before them", name)
	}
	return op, object, nil
}
