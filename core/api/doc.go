// Package api holds the wire types of external-secrets.io: ExternalSecret, ClusterExternalSecret, SecretStore and
// ClusterSecretStore, the exact names and hashes that are written next to them, and nothing that acts on them. The types serve
// v1 and v1beta1 alike, whose fields are the same. The CRDs in manifests/crds are generated from this package, so a comment on
// a field is what `kubectl explain` prints: keep it short.
//
// Durations are plain strings and spec.provider is kept as it came, so that one bad value is reported with its field and
// never keeps an object from being read. Defaults are those of the CRD; an object that no API server has seen, as one from
// a file, lacks them, and its empty fields mean the default that the field's comment names.
//
// +groupName=external-secrets.io
// +versionName=v1
package api
