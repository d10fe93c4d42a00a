package generators

import "strings"

// The API as the server names it.
const (
	Group   = "generators.external-secrets.io"
	Version = "v1alpha1"
	// APIVersion is the default of a generatorRef.
	APIVersion = Group + "/" + Version

	KindCluster  = "ClusterGenerator"
	KindFake     = "Fake"
	KindPassword = "Password"
	KindSSHKey   = "SSHKey"
	KindUUID     = "UUID"
)

// ResourceOf is the resource of a kind of generator, of those that have no type here too.
func ResourceOf(kind string) string { return strings.ToLower(kind) + "s" }
