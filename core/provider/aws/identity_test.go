package aws

import (
	"cmp"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func TestIdentity(t *testing.T) {
	keys := func(namespace *string) api.AWSAuth {
		return api.AWSAuth{SecretRef: &api.AWSSecretRef{
			AccessKeyID:     &api.SecretKeySelector{Name: "keys", Key: "id", Namespace: namespace},
			SecretAccessKey: &api.SecretKeySelector{Name: "keys", Key: "secret", Namespace: namespace},
		}}
	}
	account := func(namespace *string) api.AWSAuth {
		return api.AWSAuth{JWT: &api.AWSJWT{ServiceAccountRef: &api.ServiceAccountSelector{Name: "sa", Namespace: namespace}}}
	}
	cluster := func(consumer string) func(*provider.Store) {
		return func(s *provider.Store) { s.Kind, s.Namespace, s.Consumer = api.KindClusterSecretStore, "", consumer }
	}
	namespaced := func(namespace, name string) func(*provider.Store) {
		return func(s *provider.Store) { s.Namespace, s.Consumer, s.Name = namespace, namespace, name }
	}
	one := int32(1)
	type side struct {
		spec  func(*api.AWSProvider)
		store func(*provider.Store)
	}
	same := func(spec func(*api.AWSProvider), a, b func(*provider.Store)) [2]side {
		return [2]side{{spec, a}, {spec, b}}
	}
	for name, tc := range map[string]struct {
		sides [2]side
		equal bool
	}{
		"two stores of a namespace with equal specs are one": {
			same(func(s *api.AWSProvider) { s.Auth = keys(nil) }, namespaced("a", "one"), namespaced("a", "two")), true,
		},
		"two namespaces have Secrets of their own": {
			same(func(s *api.AWSProvider) { s.Auth = keys(nil) }, namespaced("a", "one"), namespaced("b", "one")), false,
		},
		"two namespaces have service accounts of their own": {
			same(func(s *api.AWSProvider) { s.Auth = account(nil) }, namespaced("a", "one"), namespaced("b", "one")), false,
		},
		"a namespaced store that names another namespace stays in its own": {
			same(func(s *api.AWSProvider) { s.Auth = keys(new("c")) }, namespaced("a", "one"), namespaced("b", "one")), false,
		},
		"the identity of the process is the same in every namespace": {
			same(func(s *api.AWSProvider) { s.Auth = api.AWSAuth{} }, namespaced("a", "one"), namespaced("b", "two")), true,
		},
		"a cluster store that names its namespace is one for all consumers": {
			same(func(s *api.AWSProvider) { s.Auth = keys(new("c")) }, cluster("a"), cluster("b")), true,
		},
		"a cluster store that names none is each consumer's": {
			same(func(s *api.AWSProvider) { s.Auth = keys(nil) }, cluster("a"), cluster("b")), false,
		},
		"a cluster store whose service account has no namespace is each consumer's": {
			same(func(s *api.AWSProvider) { s.Auth = account(nil) }, cluster("a"), cluster("b")), false,
		},
		"session tags that name the consumer keep consumers apart": {
			same(func(s *api.AWSProvider) { s.Auth, s.SessionTagsPolicy = keys(new("c")), api.AWSSessionTagsSimple }, cluster("a"), cluster("b")), false,
		},
		"another region is another place": {
			[2]side{{nil, namespaced("a", "one")}, {func(s *api.AWSProvider) { s.Region = "us-east-1" }, namespaced("a", "one")}}, false,
		},
		"another service is another place": {
			[2]side{{nil, namespaced("a", "one")}, {ofParameters, namespaced("a", "one")}}, false,
		},
		"another role is another caller": {
			[2]side{{nil, namespaced("a", "one")}, {func(s *api.AWSProvider) { s.Role = "arn:aws:iam::1:role/r" }, namespaced("a", "one")}}, false,
		},
		"another prefix is another name of the same place": {
			[2]side{{nil, namespaced("a", "one")}, {func(s *api.AWSProvider) { s.Prefix = "p/" }, namespaced("a", "one")}}, true,
		},
		"other retries are kept apart": {
			[2]side{{nil, namespaced("a", "one")}, {nil, func(s *provider.Store) {
				namespaced("a", "one")(s)
				s.Retry = &api.StoreRetrySettings{MaxRetries: &one}
			}}}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var locations [2]provider.Location
			for i, side := range tc.sides {
				spec := staticSpec()
				if side.spec != nil {
					side.spec(&spec)
				}
				store := storeOf(t, spec)
				side.store(&store)
				var err error
				locations[i], err = Provider{}.Locate(store)
				require.NoError(t, err)
			}
			assert.Equal(t, tc.equal, locations[0].Identity == locations[1].Identity)
		})
	}
	t.Run("the order of fields in the spec does not matter", func(t *testing.T) {
		a, err := Provider{}.Locate(provider.Store{Spec: json.RawMessage(`{"service":"SecretsManager","region":"r"}`)})
		require.NoError(t, err)
		b, err := Provider{}.Locate(provider.Store{Spec: json.RawMessage(`{"region":"r", "service":"SecretsManager", "auth":{}}`)})
		require.NoError(t, err)
		assert.Equal(t, a.Identity, b.Identity)
	})
}

func TestRef(t *testing.T) {
	for name, tc := range map[string]struct {
		prefix string
		remote api.RemoteRef
		want   provider.Ref
		change func(*api.AWSProvider)
	}{
		"a key is taken as it is":                       {remote: api.RemoteRef{Key: "k"}, want: provider.Ref{Key: "k"}},
		"the prefix goes before the key":                {prefix: "team/", remote: api.RemoteRef{Key: "k", Version: "v"}, want: provider.Ref{Key: "team/k", Version: "v"}},
		"naming the current stage is naming no version": {remote: api.RemoteRef{Key: "k", Version: "AWSCURRENT"}, want: provider.Ref{Key: "k"}},
		"the property makes no difference":              {remote: api.RemoteRef{Key: "k", Property: "p"}, want: provider.Ref{Key: "k"}},
		"a metadata policy None is the value":           {remote: api.RemoteRef{Key: "k", MetadataPolicy: api.MetadataPolicyNone}, want: provider.Ref{Key: "k"}},
		"tags are another thing to read": {
			prefix: "team/", remote: api.RemoteRef{Key: "k", MetadataPolicy: api.MetadataPolicyFetch}, want: provider.Ref{Key: "team/k", Metadata: true},
		},
		"tags are the same in each version": {
			remote: api.RemoteRef{Key: "k", Version: "v", MetadataPolicy: api.MetadataPolicyFetch}, want: provider.Ref{Key: "k", Metadata: true},
		},
		"a label of a parameter is not the stage of the same name": {
			remote: api.RemoteRef{Key: "k", Version: "AWSCURRENT"}, want: provider.Ref{Key: "k", Version: "AWSCURRENT"}, change: ofParameters,
		},
		"the prefix goes before the name of a parameter": {
			prefix: "/team/", remote: api.RemoteRef{Key: "k", Version: "3"}, want: provider.Ref{Key: "/team/k", Version: "3"}, change: ofParameters,
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := staticSpec()
			spec.Prefix = tc.prefix
			if tc.change != nil {
				tc.change(&spec)
			}
			location, err := Provider{}.Locate(storeOf(t, spec))
			require.NoError(t, err)
			assert.Equal(t, tc.want, location.Ref(&tc.remote))
		})
	}
}

func TestDecode(t *testing.T) {
	for name, tc := range map[string]struct {
		spec, want string
		kind       provider.Kind // empty means Invalid
	}{
		"a spec that is not an object": {spec: `"x"`, want: "spec.provider.aws can't be read"},
		"a field of the wrong type":    {spec: `{"service":"SecretsManager","region":5}`, want: "region"},
		"no region":                    {spec: `{"service":"SecretsManager"}`, want: "spec.provider.aws.region is missing"},
		"no service":                   {spec: `{"region":"r"}`, want: "spec.provider.aws.service is missing"},
		"a service that is not read": {
			`{"region":"r","service":"CertificateManager"}`, `service "CertificateManager" is not supported: only SecretsManager and ParameterStore are`, provider.Unsupported,
		},
		"a token in the manifest": {spec: `{"region":"r","service":"SecretsManager","auth":{"jwt":{"serviceAccountToken":"eyJhbGciOi"}}}`, want: "serviceAccountToken must be empty"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			_, err := Provider{}.Locate(provider.Store{Spec: json.RawMessage(tc.spec)})
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, cmp.Or(tc.kind, provider.Invalid), provider.KindOf(err))
			assert.NotContains(t, err.Error(), "eyJhbGciOi")
			_, err = Provider{}.Open(t.Context(), provider.Store{Spec: json.RawMessage(tc.spec)}, keychain{})
			require.ErrorContains(t, err, tc.want)
		})
	}
	t.Run("an empty token means the identity of the process", func(t *testing.T) {
		_, err := Provider{}.Locate(provider.Store{Spec: json.RawMessage(`{"region":"r","service":"SecretsManager","auth":{"jwt":{"serviceAccountToken":""}}}`)})
		require.NoError(t, err)
	})
}

func TestSessionTags(t *testing.T) {
	spec := api.AWSProvider{
		SessionTags:       []api.AWSTag{{Key: "team", Value: "shop"}},
		CustomSessionTags: map[string]string{"cost": "42", "": "x", "empty": "", "esoNamespace": "forged"},
	}
	own := map[string]string{"esoNamespace": "shop", "esoStoreName": "aws", "esoStoreKind": "ClusterSecretStore"}
	for name, tc := range map[string]struct {
		policy api.AWSSessionTagsPolicy
		want   map[string]string
	}{
		"by default the spec's":                               {"", map[string]string{"team": "shop"}},
		"under None the spec's":                               {api.AWSSessionTagsNone, map[string]string{"team": "shop"}},
		"under Simple those of the store, and not the spec's": {api.AWSSessionTagsSimple, own},
		"under Custom those of the store, which can't be forged, and the custom ones that have a value": {
			api.AWSSessionTagsCustom, map[string]string{"cost": "42", "esoNamespace": "shop", "esoStoreName": "aws", "esoStoreKind": "ClusterSecretStore"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := spec
			spec.SessionTagsPolicy = tc.policy
			store := provider.Store{Kind: api.KindClusterSecretStore, Name: "aws", Consumer: "shop"}
			assert.Equal(t, tc.want, sessionTags(store, &spec))
		})
	}
}
