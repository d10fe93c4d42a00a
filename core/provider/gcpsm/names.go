package gcpsm

import (
	"regexp"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const latest = "latest"

var (
	secretName  = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)
	versionName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,63}$`)
	fullName    = regexp.MustCompile(`^projects/([^/]+)(?:/locations/([^/]+))?/secrets/([^/]+)(?:/versions/([^/]+))?$`)
)

// ref is the secret that a remote ref means: by its short name, whichever way it is written. What can't be right keeps its key, at which
// name stumbles.
func (s *storeSpec) ref(remote *api.RemoteRef) provider.Ref {
	ref := provider.Ref{Key: remote.Key, Version: remote.Version}
	if name, version, err := s.name(remote.Key); err == nil && (version == "" || remote.Version == "" || version == remote.Version) {
		ref.Key = name
		if ref.Version == "" {
			ref.Version = version
		}
	}
	switch {
	case remote.MetadataPolicy == api.MetadataPolicyFetch:
		ref.Metadata, ref.Version = true, "" // it is the secret's, not that of one of its versions
	case ref.Version == latest && s.SecretVersionSelectionPolicy == api.SecretVersionLatestOrFail:
		ref.Version = "" // the same
	}
	return ref
}

// name is the short name of the secret that a key means, and its version where the key has that. A full name must be that of the store's
// own project and location: who may use a store may not leave them.
func (s *storeSpec) name(key string) (name, version string, err error) {
	if !strings.Contains(key, "/") {
		if !secretName.MatchString(key) {
			return "", "", invalid("remoteRef.key %q is no name of a secret: these have letters, digits, - and _", key)
		}
		return key, "", nil
	}
	parts := fullName.FindStringSubmatch(key)
	switch {
	case parts == nil || !secretName.MatchString(parts[3]):
		return "", "", invalid("remoteRef.key %q is neither the name of a secret nor a full one, as in projects/PROJECT/secrets/NAME", key)
	case s.project == "" || s.asked:
		return "", "", invalid("remoteRef.key %q names a project, and the store does not: give it projectID, or name the secret alone", key)
	case parts[1] != s.project:
		return "", "", invalid("remoteRef.key %q is of another project than the store's, which is %q: name the secret alone, or use a store of that project", key, s.project)
	case parts[2] != s.Location:
		return "", "", invalid("remoteRef.key %q is of another location than the store's, which is %q: use a store whose location is that", key, s.Location)
	}
	return parts[3], parts[4], nil
}

// path is the resource of a secret.
func (s *storeSpec) path(name string) string { return s.parent() + "/secrets/" + name }

// parent is the resource that secrets are in.
func (s *storeSpec) parent() string {
	if s.Location != "" {
		return "projects/" + s.project + "/locations/" + s.Location
	}
	return "projects/" + s.project
}

// host serves the location: each has its own.
func (s *storeSpec) host() string {
	if s.Location != "" {
		return "secretmanager." + s.Location + ".rep.googleapis.com"
	}
	return "secretmanager.googleapis.com"
}
