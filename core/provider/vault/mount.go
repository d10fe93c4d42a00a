package vault

import (
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// mount is where the key-value engine is. Version 2 has what is stored below data/ and what is noted about it below metadata/.
type mount struct {
	path    *string // nil means that keys begin with it
	version api.VaultKVStoreVersion
}

// name is the one name of a secret that a remote key means, however it is written: with the mount or without, and for version 2 with
// data/ or without. It is relative to the mount where that is known.
func (m mount) name(key string) string {
	key = strings.Trim(key, "/")
	if m.path == nil {
		if first, rest, ok := strings.Cut(key, "/"); ok && m.version == api.VaultKVStoreV2 && !strings.Contains(key, "/data/") {
			return first + "/data/" + rest
		}
		return key
	}
	rest, ok := strings.CutPrefix(key, *m.path+"/")
	if !ok {
		return key
	}
	if m.version == api.VaultKVStoreV2 {
		rest = strings.TrimPrefix(rest, "data/")
	}
	return rest
}

// data is the path of a secret's value.
func (m mount) data(name string) string { return m.below("data", name) }

// metadata is the path of what is noted about a secret or, in version 1, where its folder is listed.
func (m mount) metadata(name string) string { return m.below("metadata", name) }

func (m mount) below(part, name string) string {
	switch {
	case m.path == nil && m.version == api.VaultKVStoreV2:
		return strings.Replace(name, "/data/", "/"+part+"/", 1)
	case m.path == nil:
		return name
	case m.version == api.VaultKVStoreV2:
		return *m.path + "/" + part + "/" + name
	default:
		return *m.path + "/" + name
	}
}

// isPath tells whether a text has no parts that mean another path than they say.
func isPath(path string) bool {
	return !slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool { return part == "" || part == "." || part == ".." })
}
