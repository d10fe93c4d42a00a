// Package generators holds the wire types of generators.external-secrets.io: the generators that a pass can run, and
// ClusterGenerator, which wraps one of any kind. It holds nothing that acts on them. The CRDs in manifests/crds are generated from
// this package, so a comment on a field is what `kubectl explain` prints: keep it short.
//
// Defaults are those of the CRD; an object that no API server has seen, as one from a file, lacks them, and its empty fields mean
// the default that the field's comment names.
//
// +groupName=generators.external-secrets.io
// +versionName=v1alpha1
package generators
